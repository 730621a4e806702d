from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import transaction

from sms_verification.exceptions import InTransaction
from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import Client
from sms_verification.verifications import Attempt, attempt, check, use
from tests.factories import UserFactory, VerificationFactory
from tests.phones import ALICE, BOB, mistyped, right_code

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def pending() -> Verification:
    return VerificationFactory(phone_number__number=ALICE)


@pytest.fixture
def code(pending: Verification) -> str:
    return right_code(pending.pk)


def _row() -> dict[str, Any]:
    return Verification.objects.values().get()


class TestRightCode:
    def test_approves(self, pending: Verification, code: str, clock: Any) -> None:
        assert check(pending.pk, code) == pending
        row = Verification.objects.get()
        assert (row.approved_at, row.used_at, row.checks_left) == (NOON, None, 5)

    def test_leaves_nothing_to_check(self, pending: Verification, code: str) -> None:
        assert attempt(pending.pk, code) == Attempt(pending, 0)

    def test_approves_and_uses_in_one_go(
        self, pending: Verification, code: str, clock: Any
    ) -> None:
        assert check(pending.pk, code, use=True) == pending
        row = Verification.objects.get()
        assert (row.approved_at, row.used_at) == (NOON, NOON)
        assert use(row, "register") is None

    def test_approves_once(self, pending: Verification, code: str) -> None:
        """A9."""
        check(pending.pk, code)
        before = _row()
        assert check(pending.pk, code) is None
        assert _row() == before

    def test_keeps_its_leading_zeros(self) -> None:
        """A15."""
        while True:
            verification = VerificationFactory()
            code = right_code(verification.pk)
            if code.startswith("0"):
                break
        assert check(verification.pk, code.lstrip("0")) is None
        assert check(verification.pk, code) == verification

    def test_approves_on_the_last_check(self) -> None:
        verification = VerificationFactory(checks_left=1)
        assert check(verification.pk, right_code(verification.pk)) == verification

    def test_is_told_without_the_code(
        self, pending: Verification, code: str, told: list[dict[str, Any]]
    ) -> None:
        check(pending.pk, code)
        [event] = told
        assert (event["name"], event["verification_id"]) == ("approved", pending.pk)
        assert code not in str(event)
        assert ALICE not in str(event)

    @pytest.mark.parametrize(
        ("seconds", "approved"), [(-1, True), (0, False), (1, False)]
    )
    def test_is_right_until_the_second_of_expiry(
        self, clock: time_machine.Traveller, seconds: int, approved: bool
    ) -> None:
        """A10."""
        verification = VerificationFactory()
        code = right_code(verification.pk)
        clock.move_to(verification.expires_at + timedelta(seconds=seconds))
        assert (check(verification.pk, code) is not None) == approved

    def test_is_no_longer_approved_by_a_clock_set_back(
        self, pending: Verification, code: str, clock: time_machine.Traveller
    ) -> None:
        check(pending.pk, code)
        clock.shift(timedelta(hours=-1))
        assert check(pending.pk, code) is None


class TestWrongCode:
    def test_spends_one_check(self, pending: Verification, code: str) -> None:
        assert attempt(pending.pk, mistyped(code)) == Attempt(None, 4)
        row = Verification.objects.get()
        assert (row.checks_left, row.approved_at) == (4, None)
        assert PhoneNumber.objects.get().failed_checks == 1

    def test_spends_one_for_a_purpose_that_is_gone_too(
        self, pending: Verification, code: str, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {pending.purpose: None}
        assert attempt(pending.pk, mistyped(code)) == Attempt(None, 4)

    def test_five_are_the_end_of_it(self, pending: Verification, code: str) -> None:
        """A1."""
        lefts = [attempt(pending.pk, mistyped(code)).checks_left for _ in range(5)]
        assert lefts == [4, 3, 2, 1, 0]
        assert check(pending.pk, code) is None
        row = Verification.objects.get()
        assert (row.checks_left, row.approved_at) == (0, None)

    def test_further_ones_count_nothing(self, pending: Verification, code: str) -> None:
        for _ in range(9):
            check(pending.pk, mistyped(code))
        assert PhoneNumber.objects.get().failed_checks == 5

    def test_the_one_that_locks_leaves_no_check(self) -> None:
        verification = VerificationFactory(phone_number__failed_checks=99)
        code = mistyped(right_code(verification.pk))
        assert attempt(verification.pk, code) == Attempt(None, 0)
        assert Verification.objects.get().checks_left == 4

    def test_is_told_without_the_code(
        self, pending: Verification, code: str, told: list[dict[str, Any]]
    ) -> None:
        check(pending.pk, mistyped(code))
        [event] = told
        assert (event["name"], event["checks_left"]) == ("failed", 4)
        assert code not in str(event)
        assert mistyped(code) not in str(event)


class TestNoCode:
    """What cannot be a code of this verification is refused, and counts nothing."""

    @pytest.mark.parametrize(
        "given",
        ["", "12345", "1234567", "１２３４５６", "12345\n", "abcdef", None, 123456],
    )
    def test_spends_no_check(self, pending: Verification, given: Any) -> None:
        before = _row()
        assert attempt(pending.pk, given) == Attempt(None, 5)
        assert _row() == before

    def test_fits_an_unknown_verification(self) -> None:
        assert attempt(uuid4(), "000000") == Attempt(None, 0)

    @pytest.mark.parametrize(
        "row",
        [
            {"expires_at": NOON},
            {"checks_left": 0},
            {"approved_at": NOON},
            {"approved_at": NOON, "used_at": NOON},
        ],
    )
    def test_fits_one_that_is_over(self, clock: Any, row: dict[str, Any]) -> None:
        verification = VerificationFactory(
            created_at=NOON - timedelta(minutes=5), **row
        )
        before = _row()
        code = right_code(verification.pk)
        assert attempt(verification.pk, code) == Attempt(None, 0)
        assert attempt(verification.pk, mistyped(code)) == Attempt(None, 0)
        assert _row() == before

    def test_fits_where_the_key_was_rotated_away(
        self, pending: Verification, code: str, settings: Any
    ) -> None:
        settings.SECRET_KEY = "another"
        assert check(pending.pk, code) is None
        assert Verification.objects.get().checks_left == 4


class TestBinding:
    """A8: a code is for its verification, its number and its purpose."""

    def test_to_the_verification(self, pending: Verification, code: str) -> None:
        other = VerificationFactory(phone_number=pending.phone_number)
        assert check(other.pk, code) is None
        other.refresh_from_db()
        assert other.checks_left == 4

    def test_to_the_purpose(self, pending: Verification, code: str) -> None:
        before = _row()
        assert check(pending.pk, code, purpose="login") is None
        assert _row() == before
        assert check(pending.pk, code, purpose="register") == pending

    def test_to_the_number(self, pending: Verification, code: str) -> None:
        """A30: who changes the row's number has changed the code."""
        PhoneNumber.objects.update(number=BOB)
        assert check(pending.pk, code) is None

    def test_to_the_purpose_stored(self, pending: Verification, code: str) -> None:
        Verification.objects.update(purpose="login")
        assert check(pending.pk, code) is None


class TestTransaction:
    def test_of_the_caller_s_is_refused(self, pending: Verification, code: str) -> None:
        """A11: or a rollback there would make every guess free."""
        before = _row()
        with transaction.atomic(), pytest.raises(InTransaction):
            check(pending.pk, mistyped(code))
        with transaction.atomic(), pytest.raises(InTransaction):
            check(pending.pk, code)
        assert _row() == before

    def test_is_refused_before_the_client_is_charged(
        self, pending: Verification, code: str, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_CLIENT_LIMITS = {"check": ["1/h"]}
        client = Client(address="203.0.113.9")
        with transaction.atomic(), pytest.raises(InTransaction):
            check(pending.pk, code, client)
        assert check(pending.pk, code, client) == pending


def test_users_do_not_matter_to_a_check() -> None:
    """Who may spend the approval is asked when it is spent."""
    verification = VerificationFactory(purpose="change_phone", user=UserFactory())
    assert check(verification.pk, right_code(verification.pk)) == verification
