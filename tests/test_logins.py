from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import transaction

from sms_verification import logins, proofs, registrations
from sms_verification.accounts import LinkedAccounts
from sms_verification.exceptions import (
    InTransaction,
    InvalidCode,
    LockedOut,
    NoAccount,
)
from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import Client, Evidence
from sms_verification.verifications import check
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory
from tests.phones import ALICE, mistyped, right_code

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def alice() -> Any:
    return UserFactory()


@pytest.fixture
def pending(alice: Any) -> Verification:
    return VerificationFactory(purpose="login", phone_number__user=alice)


@pytest.fixture
def proof(pending: Verification) -> str:
    assert check(pending.pk, right_code(pending.pk))
    return proofs.write(pending.pk)


@pytest.fixture
def stranger() -> Verification:
    """A login with a number that is nobody's."""
    return VerificationFactory(purpose="login")


class TestByCode:
    def test_returns_whose_number_it_is(
        self, pending: Verification, alice: Any
    ) -> None:
        assert logins.by_code(pending.pk, right_code(pending.pk), None) == alice

    def test_approves_and_uses_in_one_go(
        self, pending: Verification, django_assert_num_queries: Any
    ) -> None:
        code = right_code(pending.pk)
        with django_assert_num_queries(3):  # the row, the one UPDATE, the user
            logins.by_code(pending.pk, code, None)
        row = Verification.objects.get()
        assert row.used_at == row.approved_at is not None

    def test_works_once(self, pending: Verification) -> None:
        code = right_code(pending.pk)
        logins.by_code(pending.pk, code, None)
        with pytest.raises(InvalidCode) as caught:
            logins.by_code(pending.pk, code, None)
        assert caught.value.checks_left == 0

    def test_counts_a_wrong_code(self, pending: Verification) -> None:
        with pytest.raises(InvalidCode) as caught:
            logins.by_code(pending.pk, mistyped(right_code(pending.pk)), None)
        assert caught.value.checks_left == 4
        assert Verification.objects.get().checks_left == 4

    @pytest.mark.parametrize("purpose", ["register", "reset_password", "change_phone"])
    def test_takes_no_code_of_another_purpose(self, alice: Any, purpose: str) -> None:
        """A8."""
        other = VerificationFactory(purpose=purpose, phone_number__user=alice)
        with pytest.raises(InvalidCode):
            logins.by_code(other.pk, right_code(other.pk), None)
        assert Verification.objects.get().approved_at is None

    def test_of_nobody_s_number_is_invalid(self, stranger: Verification) -> None:
        """The one answer: a code was never sent, so nobody can have read it."""
        with pytest.raises(InvalidCode) as caught:
            logins.by_code(stranger.pk, right_code(stranger.pk), None)
        assert caught.value.checks_left == 0
        assert User.objects.count() == 0

    def test_of_nobody_s_number_that_was_sent_one_stays_good(
        self, stranger: Verification, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {"login": {"NEEDS_ACCOUNT": False}}
        with pytest.raises(NoAccount) as caught:
            logins.by_code(stranger.pk, right_code(stranger.pk), None)
        assert Verification.objects.get().used_at is None
        user = registrations.register(Evidence(proof=caught.value.proof), None)
        assert stranger.phone_number.user_id is None
        assert PhoneNumber.objects.get().user == user

    def test_charges_the_client(self, pending: Verification, settings: Any) -> None:
        settings.SMS_VERIFICATION_CLIENT_LIMITS = {"check": ["1/h"]}
        client, code = Client(address="203.0.113.9"), right_code(pending.pk)
        with pytest.raises(InvalidCode):
            logins.by_code(pending.pk, mistyped(code), client)
        with pytest.raises(LockedOut):
            logins.by_code(pending.pk, code, client)

    def test_is_refused_inside_a_transaction(self, pending: Verification) -> None:
        with transaction.atomic(), pytest.raises(InTransaction):
            logins.by_code(pending.pk, right_code(pending.pk), None)


class TestByProof:
    def test_returns_whose_number_it_is(self, proof: str, alice: Any) -> None:
        assert logins.by_proof(proof) == alice
        assert Verification.objects.get().used_at is not None

    def test_works_once(self, proof: str) -> None:
        logins.by_proof(proof)
        with pytest.raises(InvalidCode):
            logins.by_proof(proof)

    def test_works_for_ten_minutes(
        self, clock: time_machine.Traveller, proof: str
    ) -> None:
        clock.shift(timedelta(minutes=10))
        with pytest.raises(InvalidCode):
            logins.by_proof(proof)

    @pytest.mark.parametrize("forged", ["", "x", "0" * 32, "0" * 32 + ":x"])
    def test_that_is_forged_is_invalid(self, proof: str, forged: str) -> None:
        with pytest.raises(InvalidCode):
            logins.by_proof(forged)

    def test_of_another_purpose_is_invalid(self, alice: Any) -> None:
        other = VerificationFactory(purpose="register", phone_number__user=alice)
        check(other.pk, right_code(other.pk))
        with pytest.raises(InvalidCode):
            logins.by_proof(proofs.write(other.pk))
        assert Verification.objects.get().used_at is None

    def test_of_nobody_s_number_stays_good(self, stranger: Verification) -> None:
        check(stranger.pk, right_code(stranger.pk))
        proof = proofs.write(stranger.pk)
        with pytest.raises(NoAccount) as caught:
            logins.by_proof(proof)
        with pytest.raises(InvalidCode):  # it is good for its own purpose alone
            registrations.register(Evidence(proof=proof), None)
        user = registrations.register(Evidence(proof=caught.value.proof), None)
        assert PhoneNumber.objects.get().user == user

    def test_that_is_older_than_the_link_is_refused(
        self, stranger: Verification
    ) -> None:
        """Who had the number before it became somebody's does not get in."""
        check(stranger.pk, right_code(stranger.pk))
        LinkedAccounts().link(stranger.phone_number, UserFactory())
        for proof in proofs.write(stranger.pk), proofs.write(stranger.pk, goes_on=True):
            with pytest.raises(InvalidCode):
                logins.by_proof(proof)
        assert Verification.objects.get().used_at is None

    def test_loses_to_another_that_spent_it(
        self, proof: str, settings: Any, alice: Any
    ) -> None:
        settings.SMS_VERIFICATION_ACCOUNTS = "tests.test_logins.SpentMeanwhile"
        with pytest.raises(InvalidCode):
            logins.by_proof(proof)

    def test_is_refused_inside_a_transaction(self, proof: str) -> None:
        with transaction.atomic(), pytest.raises(InTransaction):
            logins.by_proof(proof)


class TestSteppedUp:
    """A35: a second factor lets in nobody who may not come in by SMS at all."""

    @pytest.mark.parametrize(
        "rights", [{"is_active": False}, {"is_staff": True}, {"is_superuser": True}]
    )
    def test_is_no_leave(
        self, pending: Verification, alice: Any, rights: dict[str, bool]
    ) -> None:
        other = VerificationFactory(purpose="login", phone_number=pending.phone_number)
        check(other.pk, right_code(other.pk))
        User.objects.update(**rights)
        with pytest.raises(InvalidCode):
            logins.by_code(pending.pk, right_code(pending.pk), None, stepped_up=True)
        with pytest.raises(InvalidCode):
            logins.by_proof(proofs.write(other.pk), stepped_up=True)


class SpentMeanwhile(LinkedAccounts):
    def find(self, number: PhoneNumber) -> Any:
        Verification.objects.update(used_at=NOON)
        return super().find(number)


class TestTestNumber:
    """A35: a code that stands in the settings opens no staff account."""

    @pytest.fixture(autouse=True)
    def _numbers(self, settings: Any, clock: Any) -> None:
        entry = {"secret_code": "123456", "until": date(2026, 1, 5)}
        settings.SMS_VERIFICATION_TEST_NUMBERS = {ALICE: entry}
        # Or all staff were refused, whatever the number.
        settings.SMS_VERIFICATION_ALLOW_STAFF = True

    def _pending(self, **rights: bool) -> Verification:
        user = UserFactory(**rights)
        number = PhoneNumberFactory(number=ALICE, user=user)
        return VerificationFactory(purpose="login", phone_number=number)

    def test_opens_a_plain_account(self) -> None:
        pending = self._pending()
        user = logins.by_code(pending.pk, "123456", None)
        assert user == pending.phone_number.user

    @pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
    def test_opens_no_staff_account_by_code(self, right: str) -> None:
        pending = self._pending(**{right: True})
        with pytest.raises(InvalidCode):
            logins.by_code(pending.pk, "123456", None)

    @pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
    def test_opens_no_staff_account_by_proof(self, right: str) -> None:
        pending = self._pending(**{right: True})
        check(pending.pk, "123456")
        with pytest.raises(InvalidCode):
            logins.by_proof(proofs.write(pending.pk))

    def test_opens_none_by_a_proof_that_outlives_its_day(self, settings: Any) -> None:
        pending = self._pending(is_staff=True)
        check(pending.pk, "123456")
        (entry,) = settings.SMS_VERIFICATION_TEST_NUMBERS.values()
        settings.SMS_VERIFICATION_TEST_NUMBERS = {
            ALICE: {**entry, "until": date(2000, 1, 1)}
        }
        with pytest.raises(InvalidCode):
            logins.by_proof(proofs.write(pending.pk))

    def test_a_number_that_gets_its_sms_opens_a_staff_account(
        self, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_TEST_NUMBERS = {}
        pending = self._pending(is_staff=True)
        user = logins.by_code(pending.pk, right_code(pending.pk), None)
        assert user == pending.phone_number.user
