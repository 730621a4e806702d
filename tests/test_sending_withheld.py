"""Sends that are as good as any, but that no SMS leaves for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from sms_verification.exceptions import LockedOut, SendLimited
from sms_verification.models import Delivery, PhoneNumber
from sms_verification.types import SmsMessage
from sms_verification.verifications import attempt, check, resend, start
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import ALICE, BOB

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
Outbox = list[SmsMessage]


def _outcomes() -> list[str]:
    return list(Delivery.objects.values_list("outcome", flat=True))


class TestWithheld:
    @pytest.mark.parametrize("purpose", ["login", "reset_password"])
    def test_for_a_number_without_account(self, outbox: Outbox, purpose: str) -> None:
        verification = start(ALICE, purpose)
        assert (_outcomes(), outbox) == (["withheld"], [])
        assert verification.is_pending(verification.created_at)

    @pytest.mark.parametrize("purpose", ["login", "reset_password"])
    def test_not_for_one_with_account(self, outbox: Outbox, purpose: str) -> None:
        PhoneNumberFactory(number=ALICE, user=UserFactory())
        start(ALICE, purpose)
        assert len(outbox) == 1

    def test_counts_against_every_limit(self) -> None:
        start(ALICE, "login")
        with pytest.raises(SendLimited):
            start(ALICE, "login")

    def test_not_where_a_login_makes_users(self, settings: Any, outbox: Outbox) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = True
        start(ALICE, "login")
        assert len(outbox) == 1


class TestTestNumber:
    @pytest.fixture(autouse=True)
    def _numbers(self, settings: Any, clock: Any) -> None:
        entry = {"secret_code": "24680135", "until": date(2026, 1, 5)}
        settings.SMS_VERIFICATION_TEST_NUMBERS = {ALICE: entry}

    def test_gets_no_sms_and_answers_to_its_code(self, outbox: Outbox) -> None:
        verification = start(ALICE, "register")
        assert (_outcomes(), outbox) == (["withheld"], [])
        assert verification.code_length == 8
        assert check(verification.pk, "24680135") == verification

    def test_has_no_cooldown(self) -> None:
        for _ in range(12):
            verification = start(ALICE, "register")
            resend(verification.pk)
        assert PhoneNumber.objects.get().sent_at == []

    def test_counts_wrong_codes(self) -> None:
        verification = start(ALICE, "register")
        assert attempt(verification.pk, "00000000").checks_left == 4
        assert PhoneNumber.objects.get().failed_checks == 1

    def test_can_be_blocked(self) -> None:
        PhoneNumberFactory(number=ALICE, blocked_until=NOON + timedelta(minutes=1))
        with pytest.raises(LockedOut):
            start(ALICE, "register")

    def test_is_one_for_login_and_register_only(self, outbox: Outbox) -> None:
        PhoneNumberFactory(number=ALICE, user=UserFactory())
        verification = start(ALICE, "reset_password")
        assert len(outbox) == 1
        assert check(verification.pk, "24680135") is None

    def test_is_one_no_longer_than_its_day(
        self, clock: time_machine.Traveller, outbox: Outbox
    ) -> None:
        clock.move_to(datetime(2026, 1, 6, tzinfo=UTC))
        assert start(ALICE, "register").code_length == 6
        assert len(outbox) == 1

    def test_is_no_other_number(self, outbox: Outbox) -> None:
        start(BOB, "register")
        assert len(outbox) == 1
