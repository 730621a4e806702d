from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules

from sms_verification import queues
from sms_verification.ids import uuid7
from sms_verification.queue_task import enqueue
from tests.queues import Worker, tasks


class TestFramework:
    def test_is_djangos_own_where_it_has_one(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own, backport = object(), object()
        monkeypatch.setitem(sys.modules, "django.tasks", own)
        monkeypatch.setitem(sys.modules, "django_tasks", backport)
        assert queues.framework() is own

    def test_is_the_backport_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        backport = object()
        monkeypatch.setitem(sys.modules, "django.tasks", None)
        monkeypatch.setitem(sys.modules, "django_tasks", backport)
        assert queues.framework() is backport

    def test_that_is_missing_is_told_with_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("django.tasks", "django_tasks"):
            monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(ImproperlyConfigured, match=r"sms-verification\[tasks\]"):
            queues.framework()


class TestHostWithoutFramework:
    """Celery, Huey and others import ``tasks`` of every app."""

    def test_can_look_for_tasks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("django.tasks", "django_tasks"):
            monkeypatch.setitem(sys.modules, name, None)
        assert find_spec("sms_verification.tasks") is None
        autodiscover_modules("tasks")


class TestPlace:
    @pytest.mark.parametrize(
        ("names", "queue"),
        [
            ({}, "default"),
            ({"QUEUES": []}, "default"),
            ({"QUEUES": ["mail", "default"]}, "default"),
            ({"QUEUES": ["sms", "codes"]}, "codes"),
        ],
    )
    def test_is_a_queue_that_the_backend_has(
        self, worker: Worker, settings: Any, names: dict[str, Any], queue: str
    ) -> None:
        settings.TASKS = {"codes": tasks("HeldBackend", **names)["default"]}
        settings.SMS_VERIFICATION_TASK_BACKEND = "codes"
        assert queues.place() == {"backend": "codes", "queue_name": queue}
        delivery_id = uuid7()
        enqueue(delivery_id)
        ((task, args, _),) = worker.tasks
        assert (task.backend, task.queue_name) == ("codes", queue)
        assert args == (delivery_id.hex,)


class TestWorkers:
    @pytest.mark.parametrize(
        "name", ["immediate.ImmediateBackend", "dummy.DummyBackend"]
    )
    def test_are_none(self, settings: Any, name: str) -> None:
        path = f"{queues.framework().__name__}.backends.{name}"
        settings.TASKS = {"default": {"BACKEND": path}}
        settings.SMS_VERIFICATION_TASK_BACKEND = "default"
        assert not queues.has_workers()

    def test_are_there(self, worker: Worker) -> None:
        assert queues.has_workers()
