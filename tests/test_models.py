from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from sms_verification.models import (
    Delivery,
    Outcome,
    PhoneNumber,
    Verification,
    database,
)
from tests.factories import (
    DeliveryFactory,
    PhoneNumberFactory,
    UserFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)

# What is in the row, and what it means at NOW.
STATUSES = [
    ({"expires_at": NOW + SECOND}, "pending"),
    ({"expires_at": NOW + SECOND, "checks_left": 1}, "pending"),
    ({"expires_at": NOW}, "expired"),
    ({"expires_at": NOW - SECOND}, "expired"),
    ({"expires_at": NOW + MINUTE, "checks_left": 0}, "exhausted"),
    ({"expires_at": NOW - MINUTE, "checks_left": 0}, "exhausted"),
    ({"expires_at": NOW + MINUTE, "approved_at": NOW}, "approved"),
    ({"expires_at": NOW - MINUTE, "approved_at": NOW - 2 * MINUTE}, "approved"),
    ({"approved_at": NOW - SECOND, "checks_left": 0}, "approved"),
    ({"approved_at": NOW - 10 * MINUTE + SECOND}, "approved"),
    ({"approved_at": NOW - 10 * MINUTE}, "expired"),
    ({"approved_at": NOW - 10 * MINUTE, "expires_at": NOW + MINUTE}, "expired"),
    ({"approved_at": NOW - MINUTE, "used_at": NOW}, "used"),
    ({"approved_at": NOW - 60 * MINUTE, "used_at": NOW - 59 * MINUTE}, "used"),
    ({"approved_at": NOW, "used_at": NOW, "checks_left": 0}, "used"),
]


def _verification(**row: Any) -> Verification:
    row = {"created_at": NOW - 2 * 60 * MINUTE, "expires_at": NOW + MINUTE, **row}
    return VerificationFactory(**row)


@pytest.mark.parametrize(("row", "status"), STATUSES)
class TestStatus:
    def test_is_derived_by_the_database(self, row: dict[str, Any], status: str) -> None:
        _verification(**row)
        found = Verification.objects.with_status(NOW).get()
        assert found.derived_status == status

    def test_can_be_filtered_by(self, row: dict[str, Any], status: str) -> None:
        _verification(**row)
        rows = Verification.objects.with_status(NOW)
        assert rows.filter(derived_status=status).count() == 1
        assert rows.exclude(derived_status=status).count() == 0

    def test_agrees_with_what_the_row_says(
        self, row: dict[str, Any], status: str
    ) -> None:
        verification = _verification(**row)
        until = verification.spendable_until
        assert verification.is_pending(NOW) == (status == "pending")
        assert (until is not None and until > NOW) == (status == "approved")


class TestSpendableUntil:
    def test_is_ten_minutes_from_the_approval(self) -> None:
        assert _verification(approved_at=NOW).spendable_until == NOW + 10 * MINUTE

    def test_is_none_without_an_approval(self) -> None:
        assert _verification().spendable_until is None

    def test_is_none_once_it_was_spent(self) -> None:
        assert _verification(approved_at=NOW, used_at=NOW).spendable_until is None


class TestConstraints:
    @pytest.mark.parametrize("number", ["13800138000", "", "8613800138000"])
    def test_number_begins_with_a_plus(self, number: str) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            PhoneNumberFactory(number=number)

    def test_number_is_there_once(self) -> None:
        PhoneNumberFactory(number="+8613800138000")
        with pytest.raises(IntegrityError), transaction.atomic():
            PhoneNumberFactory(number="+8613800138000")

    def test_user_has_one_number(self) -> None:
        user = UserFactory()
        PhoneNumberFactory(user=user)
        with pytest.raises(IntegrityError), transaction.atomic():
            PhoneNumberFactory(user=user)

    def test_nothing_is_used_that_was_not_approved(self) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            _verification(used_at=NOW)

    def test_no_verification_expires_before_it_begins(self) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            _verification(created_at=NOW, expires_at=NOW)


class TestDeletion:
    def test_of_a_user_leaves_what_was_done(self) -> None:
        user = UserFactory()
        verification = _verification(user=user, phone_number__user=user)
        user.delete()
        verification = Verification.objects.get(pk=verification.pk)
        assert verification.user is None
        assert verification.phone_number.user is None

    def test_of_a_number_with_verifications_is_refused(self) -> None:
        number = _verification().phone_number
        with pytest.raises(ProtectedError):
            number.delete()

    def test_of_a_verification_takes_its_deliveries(self) -> None:
        DeliveryFactory().verification.delete()
        assert Delivery.objects.count() == 0


class TestSalt:
    def test_is_sixteen_bytes_of_its_own(self) -> None:
        salts = {bytes(_verification().salt) for _ in range(3)}
        assert len(salts) == 3
        assert {len(salt) for salt in salts} == {16}


class TestTexts:
    def test_of_a_number_are_masked(self) -> None:
        number = PhoneNumberFactory(number="+8613800138000")
        assert str(number) == number.masked == "+86138****8000"
        assert repr(number) == "<PhoneNumber: +86138****8000>"

    def test_of_a_verification_are_its_purpose_and_id(self) -> None:
        verification = _verification(purpose="login")
        assert str(verification) == f"login {verification.pk}"

    def test_of_a_delivery_are_its_provider_and_id(self) -> None:
        delivery = DeliveryFactory(provider="backup")
        assert str(delivery) == f"backup {delivery.pk}"


class TestLatestDelivery:
    def test_is_the_one_requested_last(self) -> None:
        verification = _verification()
        late = DeliveryFactory(verification=verification, requested_at=NOW)
        DeliveryFactory(verification=verification, requested_at=NOW - SECOND)
        assert verification.latest_delivery == late

    def test_is_none_before_the_first(self) -> None:
        assert _verification().latest_delivery is None

    def test_begins_as_unknown(self) -> None:
        assert Delivery().outcome == Outcome.UNKNOWN


class WritesElsewhere:
    """A router of a host with replicas."""

    def db_for_read(self, model: type, **hints: Any) -> str:
        return "replica"

    def db_for_write(self, model: type, **hints: Any) -> str:
        assert model is PhoneNumber
        return "primary"


class TestDatabase:
    def test_is_the_one_that_is_written_to(self, settings: Any) -> None:
        settings.DATABASE_ROUTERS = ["tests.test_models.WritesElsewhere"]
        assert database() == "primary"
