from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.cache import caches

from sms_verification.management.doctor import site
from sms_verification.management.doctor.lines import Line, Mark

FINE, NOTE, FAILS = Mark.FINE, Mark.NOTE, Mark.FAILS


def line(about: str) -> Line:
    """Return the one line that tells of it."""
    (found,) = [found for found in site.lines() if about in found.text]
    return found


class CacheTests:
    def test_that_is_shared_and_answers_is_fine(
        self, settings: Any, tmp_path: Any
    ) -> None:
        backend = "django.core.cache.backends.filebased.FileBasedCache"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": tmp_path}}
        assert line("cache") == Line(
            FINE, "The cache 'default' (FileBasedCache) answers."
        )

    def test_that_is_down_fails_and_tells_no_address(self, settings: Any) -> None:
        settings.CACHES = {"default": {"BACKEND": "tests.test_breaker.DeadCache"}}
        found = line("cache")
        assert found.mark == FAILS
        assert found.text == (
            "The cache 'default' (DeadCache) does not answer: ConnectionError."
        )

    def test_that_keeps_nothing_fails(self, settings: Any) -> None:
        dummy = "django.core.cache.backends.dummy.DummyCache"
        settings.CACHES = {"default": {"BACKEND": dummy}}
        found = line("cache")
        assert (found.mark, found.text[-17:]) == (FAILS, "it keeps nothing.")

    def test_is_the_one_of_the_limits(self, settings: Any) -> None:
        local = "django.core.cache.backends.locmem.LocMemCache"
        settings.CACHES = {
            "default": {"BACKEND": "tests.test_breaker.DeadCache"},
            "limits": {"BACKEND": local},
        }
        settings.RATELIMIT_USE_CACHE = "limits"
        assert line("cache").text == (
            "The cache 'limits' (LocMemCache) is not shared by processes."
        )

    def test_is_given_nothing_that_stays(self, clock: time_machine.Traveller) -> None:
        """The caches of tests are each process's own, and can be looked into."""
        cache = caches["default"]
        assert site._problem("default") == ""
        clock.shift(11)
        keys = [key.split(":")[-1] for key in vars(cache)["_cache"]]
        assert [cache.get(key) for key in keys if "doctor" in key] == [None]


class ProxiesTests:
    @pytest.mark.parametrize(
        ("count", "text"),
        [
            (1, "1 proxy is trusted to tell a client's address."),
            (2, "2 proxies are trusted to tell a client's address."),
        ],
    )
    def test_are_counted(self, settings: Any, count: int, text: str) -> None:
        settings.SMS_VERIFICATION_TRUSTED_PROXIES = count
        assert line("address") == Line(FINE, text)

    def test_none_is_fine(self) -> None:
        assert line("address").mark == FINE

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTO", "https")),
            ("USE_X_FORWARDED_HOST", True),
        ],
    )
    def test_none_where_other_settings_speak_of_one(
        self, settings: Any, name: str, value: object
    ) -> None:
        setattr(settings, name, value)
        found = line("address")
        assert found.mark == NOTE
        assert "SMS_VERIFICATION_TRUSTED_PROXIES = 1" in found.hint


class RegionTests:
    def test_is_told(self) -> None:
        assert line("country").text.endswith("one of CN.")

    def test_that_is_not_set_is_told(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_DEFAULT_REGION = None
        assert line("country") == Line(
            FINE, "A number must be typed with its country: no default region."
        )


class KeyTests:
    def test_is_djangos(self, settings: Any) -> None:
        settings.SECRET_KEY_FALLBACKS = ["an old key"]
        assert line("derived") == Line(
            FINE, "Codes are derived from SECRET_KEY, with 1 fallback."
        )

    def test_is_the_apps_own_where_that_is_set(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_SECRET_KEY = "a key of its own"
        assert line("derived").text == (
            "Codes are derived from SMS_VERIFICATION_SECRET_KEY, with 0 fallbacks."
        )

    def test_for_development_is_told_and_not_shown(self, settings: Any) -> None:
        settings.SECRET_KEY = "django-insecure-key"
        found = line("derived")
        assert found.mark == NOTE
        assert "django-insecure" not in f"{found}"


class TestNumbersTests:
    def test_are_counted_and_not_told(
        self, settings: Any, clock: time_machine.Traveller
    ) -> None:
        settings.SMS_VERIFICATION_TEST_NUMBERS = {
            "+8613800138000": {"secret_code": "314159", "until": date(2026, 1, 5)},
            "+8613800138001": {"secret_code": "314159", "until": date(2026, 2, 1)},
            "+8613800138002": {"secret_code": "314159", "until": date(2026, 1, 4)},
        }
        assert line("test number") == Line(
            NOTE, "2 test numbers can log in without an SMS, until 2026-02-01."
        )


class DevelopmentTests:
    def test_debug_is_told(self, settings: Any) -> None:
        settings.DEBUG = True
        assert line("DEBUG").mark == NOTE

    def test_simulators_are_told(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_SIMULATORS = True
        assert line("simulators").mark == NOTE
