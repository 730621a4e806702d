"""The statements that count a check or spend an approval, and what they lose to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from sms_verification import storage
from sms_verification.models import PhoneNumber, Verification
from sms_verification.transactions import Lost
from tests.factories import UserFactory, VerificationFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def never(failed_checks: int, now: datetime) -> datetime | None:
    return None


def at_three(failed_checks: int, now: datetime) -> datetime | None:
    return now + MINUTE if failed_checks == 3 else None


ENDS = [{"approved_at": NOW}, {"checks_left": 0}, {"expires_at": NOW}]


@pytest.fixture
def pending() -> Verification:
    VerificationFactory(
        created_at=NOW - MINUTE, checks_left=3, phone_number__failed_checks=2
    )
    return Verification.objects.select_related("phone_number").get()


def _dump() -> list[dict[str, Any]]:
    return [*PhoneNumber.objects.values(), *Verification.objects.values()]


class TestApprove:
    @pytest.mark.parametrize(("used", "used_at"), [(False, None), (True, NOW)])
    def test_approves_and_spends_in_one_go(
        self, pending: Verification, used: bool, used_at: datetime | None
    ) -> None:
        storage.approve(pending, NOW, used=used)
        stored = Verification.objects.get()
        assert (stored.approved_at, stored.used_at) == (NOW, used_at)
        assert (pending.approved_at, pending.used_at) == (NOW, used_at)

    def test_forgets_the_failures_before_it(self, pending: Verification) -> None:
        PhoneNumber.objects.update(locked_until=NOW)
        storage.approve(pending, NOW, used=False)
        number = PhoneNumber.objects.get()
        assert (number.failed_checks, number.locked_until) == (0, None)

    def test_leaves_the_number_alone_where_none_failed(
        self, pending: Verification, django_assert_num_queries: Any
    ) -> None:
        pending.phone_number.failed_checks = 0
        with django_assert_num_queries(1):
            storage.approve(pending, NOW, used=True)

    @pytest.mark.parametrize("failed_checks", [0, 2])
    @pytest.mark.parametrize("meanwhile", [*ENDS, {"checks_left": 2}])
    def test_loses_to_whatever_was_checked_meanwhile(
        self, pending: Verification, meanwhile: dict[str, Any], failed_checks: int
    ) -> None:
        Verification.objects.update(**meanwhile)
        pending.phone_number.failed_checks = failed_checks
        before = _dump()
        with pytest.raises(Lost):
            storage.approve(pending, NOW, used=True)
        assert _dump() == before

    def test_approves_once(self, pending: Verification) -> None:
        twin = Verification.objects.select_related("phone_number").get()
        storage.approve(pending, NOW, used=False)
        with pytest.raises(Lost):
            storage.approve(twin, NOW, used=False)


class TestFail:
    def test_counts_against_the_verification_and_its_number(
        self, pending: Verification
    ) -> None:
        storage.fail(pending, NOW, never)
        stored = Verification.objects.get()
        assert (stored.checks_left, pending.checks_left) == (2, 2)
        assert stored.phone_number.failed_checks == 3
        assert stored.phone_number.locked_until is None

    def test_keeps_the_time_of_each(self, pending: Verification) -> None:
        storage.fail(pending, NOW, never)
        storage.fail(pending, NOW + MINUTE, never)
        [verification] = Verification.objects.all()
        assert verification.failed_at == [
            NOW.timestamp(),
            (NOW + MINUTE).timestamp(),
        ]

    def test_locks_the_number(self, pending: Verification) -> None:
        storage.fail(pending, NOW, at_three)
        assert PhoneNumber.objects.get().locked_until == NOW + MINUTE

    def test_lifts_no_lock_of_another(self, pending: Verification) -> None:
        PhoneNumber.objects.update(locked_until=NOW + MINUTE)
        storage.fail(pending, NOW, never)
        assert PhoneNumber.objects.get().locked_until == NOW + MINUTE

    @pytest.mark.parametrize("meanwhile", [*ENDS, {"checks_left": 2}])
    def test_loses_to_another_check_of_the_verification(
        self, pending: Verification, meanwhile: dict[str, Any]
    ) -> None:
        Verification.objects.update(**meanwhile)
        before = _dump()
        with pytest.raises(Lost):
            storage.fail(pending, NOW, never)
        assert _dump() == before

    def test_counts_beside_a_failure_of_another_verification(
        self, pending: Verification
    ) -> None:
        PhoneNumber.objects.update(failed_checks=7)
        storage.fail(pending, NOW, never)
        stored = Verification.objects.get()
        assert (stored.checks_left, stored.phone_number.failed_checks) == (2, 8)

    def test_locks_by_the_failures_that_there_are(self, pending: Verification) -> None:
        pending.phone_number.failed_checks = 1
        storage.fail(pending, NOW, at_three)
        assert PhoneNumber.objects.get().locked_until == NOW + MINUTE


class TestSpendCheck:
    """Of an approval, for the comparison of a password beside it."""

    def test_takes_one_while_there_are_some(self, pending: Verification) -> None:
        Verification.objects.update(approved_at=NOW, checks_left=1)
        assert storage.spend_check(pending.pk) is True
        assert storage.spend_check(pending.pk) is False
        assert Verification.objects.get().checks_left == 0

    def test_takes_none_of_one_that_is_spent(self, pending: Verification) -> None:
        Verification.objects.update(approved_at=NOW, used_at=NOW)
        assert storage.spend_check(pending.pk) is False
        assert Verification.objects.get().checks_left == 3


class TestUse:
    @pytest.fixture
    def approved(self) -> Verification:
        return VerificationFactory(
            purpose="change_phone", created_at=NOW, approved_at=NOW, user=UserFactory()
        )

    def test_spends_an_approval_once(self, approved: Verification) -> None:
        assert storage.use(approved.pk, NOW) is True
        assert storage.use(approved.pk, NOW + MINUTE) is False
        assert Verification.objects.get().used_at == NOW

    def test_spends_it_within_ten_minutes(self, approved: Verification) -> None:
        assert storage.use(approved.pk, NOW + 10 * MINUTE) is False
        assert storage.use(approved.pk, NOW + 10 * MINUTE - MINUTE / 60) is True

    def test_spends_no_pending_verification(self, pending: Verification) -> None:
        assert storage.use(pending.pk, NOW) is False

    def test_spends_it_on_the_conditions_given(self, approved: Verification) -> None:
        assert storage.use(approved.pk, NOW, purpose="login") is False
        assert storage.use(approved.pk, NOW, user_id=approved.user_id + 1) is False
        mine = {"purpose": "change_phone", "user_id": approved.user_id}
        assert storage.use(approved.pk, NOW, **mine) is True

    def test_is_undone_with_the_caller_s_transaction(
        self, approved: Verification
    ) -> None:
        with transaction.atomic():
            storage.use(approved.pk, NOW)
            transaction.set_rollback(True)
        assert Verification.objects.get().used_at is None
