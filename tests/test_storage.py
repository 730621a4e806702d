from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from sms_verification import storage
from sms_verification.models import Delivery, Outcome, PhoneNumber, Verification
from sms_verification.transactions import Lost
from tests.factories import (
    DeliveryFactory,
    PhoneNumberFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SENT_AT = [NOW.timestamp()]


@pytest.fixture
def pending() -> Verification:
    return VerificationFactory(created_at=NOW - MINUTE, checks_left=3)


def _new(number: PhoneNumber) -> tuple[Verification, Delivery]:
    verification = VerificationFactory.build(phone_number=number, created_at=NOW)
    return verification, DeliveryFactory.build(
        verification=verification, requested_at=NOW, outcome=Outcome.UNKNOWN
    )


def _stored(row: Any) -> dict[str, Any]:
    return type(row).objects.values().get(pk=row.pk)


class TestFindNumber:
    def test_returns_the_row(self) -> None:
        number = PhoneNumberFactory(number="+8613800138000", sent_at=[1.5, 2.25])
        found = storage.find_number("+8613800138000")
        assert found == number
        assert found.sent_at == [1.5, 2.25]

    def test_returns_an_unsaved_one_for_a_number_never_seen(self) -> None:
        found = storage.find_number("+8613800138000")
        assert (found.pk, found.number, found.sent_at) == (None, "+8613800138000", [])
        assert PhoneNumber.objects.count() == 0


class TestFind:
    def test_returns_the_verification_with_its_number_in_one_statement(
        self, pending: Verification, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(1):
            found = storage.find(pending.pk)
            assert found is not None
            assert found.phone_number.number == pending.phone_number.number
        stored = _stored(pending)
        assert {name: getattr(found, name) for name in stored} == stored

    def test_returns_none_for_an_unknown_id(self, pending: Verification) -> None:
        assert storage.find(VerificationFactory.build().pk) is None


class TestLatestPending:
    def test_returns_the_newest(self) -> None:
        number = PhoneNumberFactory(number="+8613800138000")
        for minutes in (3, 1, 2):
            VerificationFactory(
                phone_number=number, purpose="login", created_at=NOW - minutes * MINUTE
            )
        found = storage.latest_pending("+8613800138000", "login", NOW)
        assert found is not None
        assert found.created_at == NOW - MINUTE

    @pytest.mark.parametrize(
        "other",
        [
            {"purpose": "register"},
            {"phone_number__number": "+8613900139000"},
            {"approved_at": NOW},
            {"checks_left": 0},
            {"expires_at": NOW},
        ],
    )
    def test_passes_over(self, other: dict[str, Any]) -> None:
        row = {"purpose": "login", "phone_number__number": "+8613800138000", **other}
        VerificationFactory(created_at=NOW - MINUTE, **row)
        assert storage.latest_pending("+8613800138000", "login", NOW) is None


class TestBegin:
    def test_commits_number_verification_and_delivery(self) -> None:
        number = PhoneNumber(number="+8613800138000")
        verification, delivery = _new(number)
        storage.begin(verification, delivery, SENT_AT)
        stored = Delivery.objects.get()
        assert stored.verification.phone_number.number == "+8613800138000"
        assert stored.outcome == "unknown"
        row = PhoneNumber.objects.get()
        assert (row.sends, row.sent_at, row.active_at) == (1, SENT_AT, NOW)

    def test_counts_on_where_the_number_was_seen_before(self) -> None:
        number = PhoneNumberFactory(sends=4)
        storage.begin(*_new(number), SENT_AT)
        assert PhoneNumber.objects.get().sends == 5

    def test_of_two_that_read_the_same_row_only_one_gets_on(self) -> None:
        number = PhoneNumberFactory()
        other = PhoneNumber.objects.get()
        storage.begin(*_new(number), SENT_AT)
        with pytest.raises(Lost):
            storage.begin(*_new(other), SENT_AT)
        assert Verification.objects.count() == Delivery.objects.count() == 1

    def test_of_two_that_saw_no_row_only_one_gets_on(self) -> None:
        storage.begin(*_new(PhoneNumber(number="+8613800138000")), SENT_AT)
        with pytest.raises(IntegrityError):
            storage.begin(*_new(PhoneNumber(number="+8613800138000")), SENT_AT)
        assert Verification.objects.count() == Delivery.objects.count() == 1

    def test_spends_no_limit_where_the_verification_cannot_be_written(
        self, pending: Verification
    ) -> None:
        before = _stored(pending.phone_number)
        twin, delivery = _new(pending.phone_number)
        twin.pk = pending.pk
        with pytest.raises(IntegrityError):
            storage.begin(twin, delivery, SENT_AT)
        assert _stored(pending.phone_number) == before


class TestProlong:
    def _prolong(self, verification: Verification) -> None:
        delivery = DeliveryFactory.build(verification=verification, requested_at=NOW)
        storage.prolong(verification, delivery, SENT_AT, NOW + 5 * MINUTE)

    def test_moves_the_end_and_adds_a_delivery(self, pending: Verification) -> None:
        self._prolong(pending)
        stored = Verification.objects.get()
        assert stored.expires_at == pending.expires_at == NOW + 5 * MINUTE
        assert stored.checks_left == 3
        assert stored.deliveries.count() == 1
        assert stored.phone_number.sends == 1

    @pytest.mark.parametrize(
        "meanwhile",
        [{"approved_at": NOW}, {"checks_left": 0}, {"expires_at": NOW}],
    )
    def test_loses_to_whatever_ended_the_verification(
        self, pending: Verification, meanwhile: dict[str, Any]
    ) -> None:
        Verification.objects.update(**meanwhile)
        before = _stored(pending.phone_number)
        with pytest.raises(Lost):
            self._prolong(pending)
        assert _stored(pending.phone_number) == before
        assert Delivery.objects.count() == 0

    def test_loses_to_another_send(self, pending: Verification) -> None:
        PhoneNumber.objects.update(sends=1)
        before = _stored(pending)
        with pytest.raises(Lost):
            self._prolong(pending)
        assert _stored(pending) == before


class TestGiveBack:
    @pytest.fixture
    def sent(self) -> Verification:
        verification, delivery = _new(PhoneNumberFactory(sent_at=[1.0]))
        storage.begin(verification, delivery, [1.0, *SENT_AT])
        return verification

    def test_undoes_the_send(self, sent: Verification) -> None:
        storage.give_back(sent, [1.0], close=False)
        row = Verification.objects.get()
        assert row.phone_number.sent_at == [1.0]
        assert row.checks_left == 5

    def test_closes_what_nobody_got(self, sent: Verification) -> None:
        storage.give_back(sent, [1.0], close=True)
        assert Verification.objects.get().checks_left == 0

    def test_leaves_a_later_send_alone(self, sent: Verification) -> None:
        PhoneNumber.objects.update(sends=2, sent_at=[1.0, 2.0, 3.0])
        storage.give_back(sent, [1.0], close=True)
        assert PhoneNumber.objects.get().sent_at == [1.0, 2.0, 3.0]

    def test_leaves_an_approval_alone(self, sent: Verification) -> None:
        Verification.objects.update(approved_at=NOW)
        storage.give_back(sent, [1.0], close=True)
        assert Verification.objects.get().checks_left == 5

    def test_is_not_taken_for_the_state_before_the_send(
        self, sent: Verification
    ) -> None:
        before = PhoneNumber.objects.get()
        storage.give_back(sent, [1.0], close=False)
        with pytest.raises(Lost):
            storage.begin(*_new(before), SENT_AT)


class TestDeliveries:
    def test_a_further_one_is_added(self, pending: Verification) -> None:
        delivery = DeliveryFactory.build(verification=pending, provider="backup")
        storage.add_delivery(delivery)
        assert Delivery.objects.get().provider == "backup"

    def test_what_came_of_it_is_recorded(self) -> None:
        delivery = DeliveryFactory(outcome=Outcome.UNKNOWN)
        storage.record(delivery, {"outcome": Outcome.REJECTED, "reason": "balance"})
        stored = Delivery.objects.get()
        assert (stored.outcome, stored.reason) == ("rejected", "balance")
        assert delivery.outcome == "rejected"
