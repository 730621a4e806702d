from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.utils import timezone

from sms_verification import guards, refusals, verifications
from sms_verification.exceptions import (
    LockedOut,
    NotPending,
    SendLimited,
    UnsupportedPhoneNumber,
)
from sms_verification.models import PhoneNumber
from sms_verification.types import Client
from tests.phones import ALICE, BOB

pytestmark = pytest.mark.django_db

LANDLINE = "+861012345678"


class DeadCache(BaseCache):
    """A server that is not there."""

    def __init__(self, *args: Any) -> None:
        super().__init__({})

    def get(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError(f"redis://:password@cache refused {ALICE}")


@pytest.fixture
def _dead_cache(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "tests.test_refusals.DeadCache"}}


def noted(phone_number: str = ALICE) -> list[tuple[str, str, str]]:
    return [(r.action, r.purpose, r.code) for r in refusals.recent(phone_number)]


class TestNoted:
    def test_a_start_within_the_cooldown(self, clock: time_machine.Traveller) -> None:
        verifications.start(ALICE, "register")
        clock.shift(timedelta(seconds=30))
        with pytest.raises(SendLimited):
            verifications.start(ALICE, "login")
        assert noted() == [("start", "login", "send_limited")]
        assert refusals.recent(ALICE)[0].at == timezone.now()

    def test_a_resend_within_the_cooldown(self) -> None:
        begun = verifications.start(ALICE, "register")
        with pytest.raises(SendLimited):
            verifications.resend(begun.pk)
        assert noted() == [("resend", "register", "send_limited")]

    def test_a_resend_of_what_is_over(self, clock: time_machine.Traveller) -> None:
        begun = verifications.start(ALICE, "register")
        clock.shift(timedelta(hours=1))
        with pytest.raises(NotPending):
            verifications.resend(begun.pk)
        assert noted() == [("resend", "register", "not_pending")]

    def test_a_check_of_a_locked_number(self, clock: time_machine.Traveller) -> None:
        begun = verifications.start(ALICE, "register")
        locked_until = begun.created_at + timedelta(minutes=1)
        PhoneNumber.objects.update(locked_until=locked_until)
        with pytest.raises(LockedOut):
            verifications.check(begun.pk, "123456")
        assert noted() == [("check", "register", "locked_out")]

    def test_for_that_number_alone(self) -> None:
        verifications.start(ALICE, "register")
        with pytest.raises(SendLimited):
            verifications.start(ALICE, "register")
        assert noted(BOB) == []

    def test_the_last_ones_only(self) -> None:
        verifications.start(ALICE, "register")
        for _ in range(25):
            with pytest.raises(SendLimited):
                verifications.start(ALICE, "register")
        assert len(noted()) == 20

    def test_without_the_number_in_the_cache(self) -> None:
        verifications.start(ALICE, "register")
        with pytest.raises(SendLimited):
            verifications.start(ALICE, "register")
        kept = repr(caches["default"]._cache)
        assert "refusals" in kept
        assert ALICE[3:] not in kept

    def test_in_the_log_with_a_masked_number(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO", "sms_verification")
        verifications.start(ALICE, "register")
        with pytest.raises(SendLimited):
            verifications.start(ALICE, "register")
        expected = "Refused (send_limited): start, register for +86138****8000."
        assert expected in caplog.messages

    def test_for_a_week(self, clock: time_machine.Traveller) -> None:
        verifications.start(ALICE, "register")
        with pytest.raises(SendLimited):
            verifications.start(ALICE, "register")
        clock.shift(timedelta(days=7, seconds=-1))
        assert len(noted()) == 1
        clock.shift(timedelta(seconds=1))
        assert noted() == []


class TestNotNoted:
    """Who could name number after number would fill the cache, limits and all."""

    def test_what_is_granted(self) -> None:
        verifications.start(ALICE, "register")
        assert noted() == []

    def test_a_number_that_takes_no_sms(self) -> None:
        with pytest.raises(UnsupportedPhoneNumber):
            verifications.start(LANDLINE, "register")
        assert noted(LANDLINE) == []

    def test_a_number_that_no_route_leads_to(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            "us": settings.SMS_VERIFICATION_PROVIDERS["default"]
        }
        settings.SMS_VERIFICATION_ROUTES = {"+1": ["us"]}
        with pytest.raises(UnsupportedPhoneNumber):
            verifications.start(ALICE, "register")
        assert noted() == []

    def test_a_number_that_a_guard_refuses(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Guard:
            def review(self, *args: Any) -> None:
                raise UnsupportedPhoneNumber

        monkeypatch.setattr(guards, "GUARDS", [Guard()])
        with pytest.raises(UnsupportedPhoneNumber):
            verifications.start(ALICE, "register")
        assert noted() == []

    def test_a_client_past_its_limit(
        self, settings: Any, clock: time_machine.Traveller
    ) -> None:
        settings.SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["1/h"]}
        client = Client(address="203.0.113.9")
        begun = verifications.start(ALICE, "register", client)
        clock.shift(timedelta(seconds=65))
        with pytest.raises(SendLimited):
            verifications.start(BOB, "register", client)
        with pytest.raises(SendLimited):
            verifications.resend(begun.pk, client)
        assert noted() == noted(BOB) == []

    def test_a_client_lifts_its_own_limit_by_none_of_them(
        self, clock: time_machine.Traveller
    ) -> None:
        client = Client(address="203.0.113.9")
        for n in range(20):
            verifications.start(f"+86138001380{n:02}", "register", client)
        kept = len(caches["default"]._cache)
        for n in range(400):
            with pytest.raises(UnsupportedPhoneNumber):
                verifications.start(f"+861066667{n:03}", "register", client)
            with pytest.raises(SendLimited):
                verifications.start(f"+861390013{n:04}", "register", client)
        assert len(caches["default"]._cache) == kept


@pytest.mark.usefixtures("_dead_cache")
class TestDeadCache:
    def test_the_person_gets_the_refusal_all_the_same(self) -> None:
        verifications.start(ALICE, "register")
        with pytest.raises(SendLimited):
            verifications.start(ALICE, "register")

    def test_staff_see_none(self, caplog: pytest.LogCaptureFixture) -> None:
        assert noted() == []
        assert caplog.messages == ["Refusals could not be read: ConnectionError."]
