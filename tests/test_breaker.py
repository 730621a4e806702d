from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache

from sms_verification import breaker
from sms_verification.models import Outcome
from tests.newcomer import CHECKOUT

FAST = timedelta(milliseconds=200)
SLOW = timedelta(seconds=3.1)

# Another process of the same site, that has seen three failures.
OTHER = """
import sys
from datetime import timedelta

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes",
                    "rest_framework", "sms_verification"],
    CACHES={"default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": sys.argv[1],
    }},
)
django.setup()

from sms_verification import breaker
from sms_verification.models import Outcome

for _ in range(3):
    breaker.note("a", Outcome.UNKNOWN, "", timedelta(0))
print(*breaker.left_out(["a"]))
"""


class DeadCache(BaseCache):
    """A server that is not there."""

    def __init__(self, *args: Any) -> None:
        super().__init__({})

    def _fail(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("redis://:password@cache")

    add = get = set = get_many = incr = _fail


def fail(alias: str, times: int = 1) -> None:
    for _ in range(times):
        breaker.note(alias, Outcome.REJECTED, "unavailable", FAST)


class NoteTests:
    @pytest.mark.parametrize("reason", ["unavailable", "credentials", "balance"])
    def test_counts_a_refusal_that_is_about_the_vendor(self, reason: str) -> None:
        for _ in range(5):
            breaker.note("a", Outcome.REJECTED, reason, FAST)
        assert breaker.left_out(["a", "b"]) == {"a"}

    def test_counts_what_nobody_knows(self) -> None:
        for _ in range(5):
            breaker.note("a", Outcome.UNKNOWN, "", FAST)
        assert breaker.left_out(["a"]) == {"a"}

    @pytest.mark.parametrize(
        ("outcome", "reason"),
        [("accepted", ""), ("rejected", "invalid_number")],
    )
    def test_counts_what_crawls(self, outcome: str, reason: str) -> None:
        for _ in range(5):
            breaker.note("a", Outcome(outcome), reason, SLOW)
        assert breaker.left_out(["a"]) == {"a"}

    @pytest.mark.parametrize(
        "reason",
        [
            "invalid_number",
            "rate_limited",
            "opted_out",
            "unsupported_destination",
            "content",
            "configuration",
        ],
    )
    def test_leaves_alone_what_is_about_one_number_or_purpose(
        self, reason: str
    ) -> None:
        for _ in range(9):
            breaker.note("a", Outcome.REJECTED, reason, FAST)
        assert breaker.left_out(["a"]) == set()

    def test_leaves_alone_who_accepts_in_time(self) -> None:
        for _ in range(9):
            breaker.note("a", Outcome.ACCEPTED, "", timedelta(seconds=3))
        assert breaker.left_out(["a"]) == set()

    def test_needs_five(self) -> None:
        fail("a", 4)
        assert breaker.left_out(["a"]) == set()
        fail("a")
        assert breaker.left_out(["a"]) == {"a"}

    def test_counts_each_provider_alone(self) -> None:
        fail("a", 4)
        fail("b", 4)
        assert breaker.left_out(["a", "b"]) == set()

    def test_is_logged_once_it_is_enough(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        fail("a", 5)
        assert caplog.messages == [
            "Provider a failed 5 times within 60 seconds. It is asked last for 30."
        ]


class WindowTests:
    def test_slides(self, clock: time_machine.Traveller) -> None:
        """Four at its end and one after count, though a minute has passed."""
        fail("a")
        clock.shift(58)
        fail("a", 3)
        clock.shift(5)
        fail("a")
        assert breaker.left_out(["a"]) == set()
        fail("a")
        assert breaker.left_out(["a"]) == {"a"}

    def test_forgets_what_is_older_than_a_minute(
        self, clock: time_machine.Traveller
    ) -> None:
        for _ in range(20):
            fail("a")
            clock.shift(16)
        assert breaker.left_out(["a"]) == set()

    def test_ends_after_half_a_minute(self, clock: time_machine.Traveller) -> None:
        fail("a", 5)
        clock.shift(29)
        assert breaker.left_out(["a"]) == {"a"}
        clock.shift(2)
        assert breaker.left_out(["a"]) == set()

    def test_begins_again_with_the_next_failure(
        self, clock: time_machine.Traveller
    ) -> None:
        fail("a", 5)
        clock.shift(31)
        fail("a")
        assert breaker.left_out(["a"]) == {"a"}


class InTurnTests:
    def test_asks_the_one_in_trouble_last(self) -> None:
        fail("a", 5)
        assert breaker.in_turn(["a", "b", "c"]) == ["b", "c", "a"]

    def test_keeps_the_order_otherwise(self) -> None:
        assert breaker.in_turn(["b", "a", "c"]) == ["b", "a", "c"]

    def test_keeps_it_where_all_are_in_trouble(self) -> None:
        for alias in ("c", "a", "b"):
            fail(alias, 5)
        assert breaker.in_turn(["b", "a", "c"]) == ["b", "a", "c"]

    def test_takes_any_alias(self) -> None:
        aliases = ["阿里云 " * 16, "a b"]
        fail(aliases[0], 5)
        assert breaker.in_turn(aliases) == ["a b", aliases[0]]


class CountingCache(DeadCache):
    """Counts what it is asked, and knows nothing."""

    looks = 0

    def get_many(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        type(self).looks += 1
        return {}


class CacheTests:
    def test_is_looked_at_once_for_all_of_a_route(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(CountingCache, "looks", 0)
        settings.CACHES = {"default": {"BACKEND": "tests.test_breaker.CountingCache"}}
        breaker.in_turn(["a"])
        assert CountingCache.looks == 0
        breaker.in_turn(["a", "b", "c"])
        assert CountingCache.looks == 1

    def test_that_is_down_leaves_the_route_as_it_is(
        self, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.CACHES = {"default": {"BACKEND": "tests.test_breaker.DeadCache"}}
        fail("a")
        assert breaker.in_turn(["a", "b"]) == ["a", "b"]
        assert caplog.messages == [
            "A provider's failure was not noted: ConnectionError.",
            "Providers' failures were not read: ConnectionError.",
        ]

    def test_that_keeps_nothing_does_neither(self, settings: Any) -> None:
        dummy = "django.core.cache.backends.dummy.DummyCache"
        settings.CACHES = {"default": {"BACKEND": dummy}}
        fail("a", 9)
        assert breaker.in_turn(["a", "b"]) == ["a", "b"]

    def test_that_was_flushed_begins_anew(self) -> None:
        fail("a", 5)
        caches["default"].clear()
        fail("a", 4)
        assert breaker.in_turn(["a", "b"]) == ["a", "b"]
        fail("a")
        assert breaker.in_turn(["a", "b"]) == ["b", "a"]

    def test_is_the_one_of_the_limits(self, settings: Any) -> None:
        local = "django.core.cache.backends.locmem.LocMemCache"
        settings.CACHES = {
            "default": {"BACKEND": "tests.test_breaker.DeadCache"},
            "shared": {"BACKEND": local, "LOCATION": "breaker"},
        }
        settings.RATELIMIT_USE_CACHE = "shared"
        fail("a", 5)
        assert breaker.in_turn(["a", "b"]) == ["b", "a"]
        caches["shared"].clear()

    def test_is_shared_by_processes(self, settings: Any, tmp_path: Any) -> None:
        backend = "django.core.cache.backends.filebased.FileBasedCache"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": tmp_path}}
        command = [sys.executable, "-W", "error", "-c", OTHER, str(tmp_path)]
        other = subprocess.run(
            command, check=True, capture_output=True, text=True, cwd=CHECKOUT
        )
        assert other.stdout.split() == []
        fail("a")
        assert breaker.left_out(["a"]) == set()
        fail("a")
        assert breaker.left_out(["a"]) == {"a"}
