"""The host's queue: Django's own tasks, or their backport for Django 5.2."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from sms_verification.conf import settings

_FRAMEWORKS = ("django.tasks", "django_tasks")

# Backends of either that run a task in the request, or never.
_WITHOUT_WORKERS = {"ImmediateBackend", "DummyBackend"}

# What both call the alias and the queue of a task that names none.
_DEFAULT = "default"


def framework() -> Any:
    """Return the module. Raise ``ImproperlyConfigured`` where none is installed."""
    for name in _FRAMEWORKS:
        try:
            return import_module(name)
        except ImportError:
            continue
    raise ImproperlyConfigured(
        "SMS_VERIFICATION_TASK_BACKEND needs Django 6.0, or django-tasks:"
        " pip install 'django-sms-verification[tasks]'."
    )


def backend() -> Any:
    """Return the backend that ``SMS_VERIFICATION_TASK_BACKEND`` names, built."""
    return framework().task_backends[settings.TASK_BACKEND or _DEFAULT]


def place() -> dict[str, str]:
    """Return the backend and the queue that our task goes to.

    A host may have given our SMS a backend with one queue, of another name.
    """
    queues = backend().queues
    queue = _DEFAULT if not queues or _DEFAULT in queues else min(queues)
    return {"backend": settings.TASK_BACKEND or _DEFAULT, "queue_name": queue}


def has_workers() -> bool:
    """Whether tasks run outside of the request."""
    names = {cls.__name__ for cls in type(backend()).__mro__}
    return not names & _WITHOUT_WORKERS
