"""Queues that a test looks into, and works off itself."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sms_verification import queues

_base = import_module(f"{queues.framework().__name__}.backends.base")
# Its receiver forgets the backends of a test's settings.
import_module(f"{queues.framework().__name__}.signals")


class HeldBackend(_base.BaseTaskBackend):  # type: ignore[misc,name-defined]
    """Keeps tasks until the test is their worker."""

    held: list[tuple[Any, Any, Any]] = []

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> None:
        self.validate_task(task)
        self.held.append((task, args, kwargs))


class DeadBackend(_base.BaseTaskBackend):  # type: ignore[misc,name-defined]
    """Its broker does not answer."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> None:
        raise ConnectionError("redis://:a-password@broker")


class HastyBackend(_base.BaseTaskBackend):  # type: ignore[misc,name-defined]
    """A worker has it already when the broker's answer is lost."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> None:
        task.call(*args, **kwargs)
        raise TimeoutError


class UnbuildableBackend(HeldBackend):
    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        raise ValueError("redis://:a-password@broker")


class Worker:
    """Works off what is held, as often as it is told to."""

    @property
    def tasks(self) -> list[tuple[Any, Any, Any]]:
        return HeldBackend.held

    def work(self) -> None:
        while self.tasks:
            self.run(self.tasks.pop(0))

    def run(self, held: tuple[Any, Any, Any]) -> None:
        task, args, kwargs = held
        task.call(*args, **kwargs)


def tasks(backend: str, **more: Any) -> dict[str, Any]:
    return {"default": {"BACKEND": f"tests.queues.{backend}", **more}}
