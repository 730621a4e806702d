from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import pre_delete

from sms_verification.models import Delivery, PhoneNumber, Verification
from tests.factories import (
    DeliveryFactory,
    PhoneNumberFactory,
    UserFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _at_noon(clock: time_machine.Traveller) -> None:
    """The command runs at NOON."""


def _purge(**options: Any) -> list[str]:
    out = StringIO()
    call_command("purge_verifications", stdout=out, **options)
    return out.getvalue().splitlines()


def _verification(age: timedelta, **row: Any) -> Verification:
    row = {"phone_number__active_at": NOON, **row}
    return VerificationFactory(created_at=NOON - age, **row)


class TestVerifications:
    @pytest.mark.parametrize(
        ("age", "left"), [(180 * DAY, 1), (180 * DAY + SECOND, 0), (DAY, 1)]
    )
    def test_go_when_they_are_older_than_retention(
        self, age: timedelta, left: int
    ) -> None:
        _verification(age)
        assert _purge() == [
            f"Deleted {1 - left} verifications.",
            "Deleted 0 phone numbers.",
        ]
        assert Verification.objects.count() == left

    def test_go_by_the_host_s_retention(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_RETENTION = 7 * DAY
        _verification(8 * DAY)
        young = _verification(6 * DAY)
        _purge()
        assert Verification.objects.get() == young

    def test_take_their_deliveries_and_leave_others(self) -> None:
        DeliveryFactory.create_batch(2, verification=_verification(181 * DAY))
        young = DeliveryFactory(verification=_verification(DAY))
        assert _purge()[0] == "Deleted 1 verifications."
        assert Delivery.objects.get() == young


class TestNumbers:
    @pytest.mark.parametrize(
        ("idle", "left"), [(180 * DAY, 1), (180 * DAY + SECOND, 0), (DAY, 1)]
    )
    def test_go_when_they_are_idle_as_long(self, idle: timedelta, left: int) -> None:
        PhoneNumberFactory(active_at=NOON - idle)
        assert _purge()[1] == f"Deleted {1 - left} phone numbers."
        assert PhoneNumber.objects.count() == left

    @pytest.mark.parametrize("until", ["locked_until", "blocked_until"])
    @pytest.mark.parametrize(("ahead", "left"), [(SECOND, 1), (0 * SECOND, 0)])
    def test_stay_as_long_as_they_are(
        self, until: str, ahead: timedelta, left: int
    ) -> None:
        PhoneNumberFactory(active_at=NOON - 999 * DAY, **{until: NOON + ahead})
        _purge()
        assert PhoneNumber.objects.count() == left

    def test_stay_with_their_user(self) -> None:
        PhoneNumberFactory(active_at=NOON - 999 * DAY, user=UserFactory())
        _purge()
        assert PhoneNumber.objects.count() == 1

    def test_stay_with_a_verification_that_stays(self) -> None:
        _verification(DAY, phone_number__active_at=NOON - 999 * DAY)
        assert _purge() == ["Deleted 0 verifications.", "Deleted 0 phone numbers."]
        assert PhoneNumber.objects.count() == 1

    def test_go_with_their_last_verification(self) -> None:
        _verification(181 * DAY, phone_number__active_at=NOON - 181 * DAY)
        assert _purge() == ["Deleted 1 verifications.", "Deleted 1 phone numbers."]
        assert PhoneNumber.objects.count() == 0


class TestDryRun:
    def test_counts_and_deletes_nothing(self) -> None:
        _verification(181 * DAY)
        PhoneNumberFactory(active_at=NOON - 181 * DAY)
        assert _purge(dry_run=True) == [
            "Would delete 1 verifications.",
            "Would delete 1 phone numbers.",
        ]
        assert (Verification.objects.count(), PhoneNumber.objects.count()) == (1, 2)


class TestBatches:
    def test_are_as_large_as_told_and_go_on_to_the_end(self) -> None:
        number = PhoneNumberFactory(active_at=NOON)
        for _ in range(5):
            _verification(181 * DAY, phone_number=number)
        sizes: list[int] = []

        def watch(execute: Any, sql: str, parameters: Any, *rest: Any) -> Any:
            if re.match("DELETE FROM .sms_verification_verification", sql):
                sizes.append(sql.count("%s"))
            return execute(sql, parameters, *rest)

        with connection.execute_wrapper(watch):
            assert _purge(batch_size=2)[0] == "Deleted 5 verifications."
        assert sizes == [2, 2, 1]
        assert Verification.objects.count() == 0

    @pytest.mark.django_db(transaction=True)
    def test_are_each_a_transaction_of_their_own(self) -> None:
        """Or somebody who signs up meanwhile would wait for all of them."""
        number = PhoneNumberFactory(active_at=NOON)
        for _ in range(3):
            _verification(181 * DAY, phone_number=number)
        depths = []

        def watch(**kwargs: Any) -> None:
            depths.append(len(connection.atomic_blocks))

        pre_delete.connect(watch, sender=Verification)
        try:
            _purge(batch_size=1)
        finally:
            pre_delete.disconnect(watch, sender=Verification)
        assert depths == [1, 1, 1]


class Meanwhile:
    """Does something once, right before the first statement like ``pattern``."""

    def __init__(self, pattern: str, act: Callable[[], Any]) -> None:
        self.pattern = pattern
        self.act = [act]

    def __call__(self, execute: Any, sql: str, *rest: Any) -> Any:
        if self.act and re.match(self.pattern, re.sub('["`]', "", sql)):
            self.act.pop()()
        return execute(sql, *rest)


class TestMeanwhile:
    """A number that comes back to life between being chosen and being deleted."""

    @pytest.fixture
    def number(self) -> PhoneNumber:
        return PhoneNumberFactory(active_at=NOON - 999 * DAY)

    def _purge(self, pattern: str, act: Callable[[], Any]) -> None:
        meanwhile = Meanwhile(pattern, act)
        with connection.execute_wrapper(meanwhile):
            assert _purge()[1] == "Deleted 0 phone numbers."
        assert meanwhile.act == []

    @pytest.mark.django_db
    def test_stays_by_its_activity(self, number: PhoneNumber) -> None:
        self._purge(
            r"SELECT .* FROM sms_verification_phonenumber .* IN \(",
            lambda: PhoneNumber.objects.update(active_at=NOON),
        )
        assert PhoneNumber.objects.get() == number

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize(
        "pattern",
        [
            r"SELECT .* FROM sms_verification_verification WHERE .* IN \(",
            r"DELETE FROM sms_verification_phonenumber",
        ],
        ids=["before Django looks", "after Django looked"],
    )
    def test_stays_by_its_verification(self, number: PhoneNumber, pattern: str) -> None:
        self._purge(pattern, lambda: _verification(DAY, phone_number=number))
        assert PhoneNumber.objects.get() == number
