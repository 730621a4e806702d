from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.utils import translation

from sms_verification import signals
from sms_verification.providers import locmem
from sms_verification.types import SmsMessage
from tests.queues import HeldBackend, Worker, tasks

pytest_plugins = [
    "pytester",
    "sms_verification.testing",
    "sms_verification.simulators.testing",
    "tests.leaks",
]


@pytest.fixture(autouse=True)
def outbox() -> Iterator[list[SmsMessage]]:
    """What has been sent in this test."""
    locmem.outbox.clear()
    yield locmem.outbox
    locmem.outbox.clear()


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """The limits by address live in the cache."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _fresh_language() -> Iterator[None]:
    """A request in another language leaves that active for the next test."""
    yield
    translation.deactivate()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Time that stands still until a test moves it."""
    with time_machine.travel(datetime(2026, 1, 5, 12, tzinfo=UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def worker(settings: Any) -> Iterator[Worker]:
    """A queue, and the only worker that it has."""
    settings.TASKS = tasks("HeldBackend")
    settings.SMS_VERIFICATION_TASK_BACKEND = "default"
    yield Worker()
    HeldBackend.held.clear()


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    """The events that receivers of the app's signals are told in this test."""
    events: list[dict[str, Any]] = []
    watched = {
        "started": signals.verification_started,
        "approved": signals.verification_approved,
        "failed": signals.check_failed,
        "delivered": signals.delivery_recorded,
    }
    receivers = {
        signal: lambda name=name, **event: events.append({"name": name, **event})
        for name, signal in watched.items()
    }
    for signal, receiver in receivers.items():
        signal.connect(receiver, weak=False)
    yield events
    for signal, receiver in receivers.items():
        signal.disconnect(receiver)
