"""What a host should know of its queue, or of having none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from sms_verification import queues
from sms_verification.conf import settings

TIME_TELLS = "sms_verification.W010"
NO_WORKERS = "sms_verification.W011"

Found = Iterator[checks.CheckMessage]


def check_queue(*, developing: bool) -> Found:
    """Report a queue that cannot be used, or that leaves the work to the request."""
    if settings.TASK_BACKEND is None:
        return
    try:
        has_workers = queues.has_workers()
    except ImproperlyConfigured as error:
        yield _unusable(str(error))
    except Exception as error:  # a backend may be anybody's
        # Its class alone: the text may hold the address of a broker, with a password.
        text = f"TASKS[{settings.TASK_BACKEND!r}] cannot be built"
        yield _unusable(f"{text}: {type(error).__name__}.")
    else:
        if not (has_workers or developing):
            yield _without_workers()


def _unusable(text: str) -> checks.CheckMessage:
    # The id of the setting, a value of which this is in the end.
    return checks.Error(text, id="sms_verification.E022")


def _without_workers() -> checks.CheckMessage:
    return checks.Warning(
        f"TASKS[{settings.TASK_BACKEND!r}] has no workers: its tasks run in the"
        " request, or never.",
        hint="Use a backend with workers, or leave SMS_VERIFICATION_TASK_BACKEND out.",
        id=NO_WORKERS,
    )


@checks.register(checks.Tags.security, deploy=True)
def check_time(**kwargs: Any) -> list[checks.CheckMessage]:  # noqa: ARG001
    """Report where the time of an answer tells who has an account."""
    try:
        if settings.TASK_BACKEND is not None:
            return []
        names = [p.name for p in settings.PURPOSES.values() if p.needs_account]
    except ImproperlyConfigured:
        return []  # told by the check of all settings
    return [_time_tells(names)] if names else []


def _time_tells(names: list[str]) -> checks.CheckMessage:
    return checks.Warning(
        f"For {', '.join(names)} a number with an account is answered later than one"
        " without, by as long as the provider takes: the request itself sends.",
        hint="Set SMS_VERIFICATION_TASK_BACKEND, so that workers send.",
        id=TIME_TELLS,
    )
