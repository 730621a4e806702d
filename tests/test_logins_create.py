"""Sign-up on the first login: one user a number, whatever runs in parallel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from sms_verification import logins, proofs, verifications
from sms_verification.accounts import LinkedAccounts
from sms_verification.exceptions import InTransaction, InvalidCode, PhoneNumberTaken
from sms_verification.models import PhoneNumber, Verification
from sms_verification.verifications import check
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory
from tests.phones import ALICE, right_code

NOBODY = None


@pytest.fixture(autouse=True)
def _create_users(settings: Any) -> None:
    settings.SMS_VERIFICATION_CREATE_USERS = True


def _pending(number: PhoneNumber | None = None) -> Verification:
    number = number or PhoneNumberFactory(number=ALICE)
    return VerificationFactory(purpose="login", phone_number=number)


def _log_in(pending: Verification) -> Any:
    return logins.by_code(pending.pk, right_code(pending.pk), NOBODY)


def _prove(pending: Verification) -> str:
    assert check(pending.pk, right_code(pending.pk))
    return proofs.write(pending.pk)


class Overtaken(LinkedAccounts):
    """Somebody else does something between our reading and our writing."""

    rivals: ClassVar[list[Callable[[], Any]]] = []

    def find(self, number: PhoneNumber) -> Any:
        user = super().find(number)
        if self.rivals:
            self.rivals.pop()()
        return user


@pytest.mark.django_db
class TestByCode:
    def test_makes_a_user_of_a_new_number(self) -> None:
        pending = _pending()
        user = _log_in(pending)
        assert User.objects.get() == user
        assert PhoneNumber.objects.get().user == user
        assert Verification.objects.get().used_at is not None

    def test_makes_no_second_one(self) -> None:
        number = PhoneNumberFactory()
        first, second = _log_in(_pending(number)), _log_in(_pending(number))
        assert first == second
        assert User.objects.count() == 1

    def test_makes_none_for_a_wrong_code(self) -> None:
        pending = _pending()
        with pytest.raises(InvalidCode):
            logins.by_code(pending.pk, "1", NOBODY)
        assert User.objects.count() == 0

    @pytest.mark.parametrize("purpose", ["register", "reset_password", "change_phone"])
    def test_takes_no_code_of_another_purpose(self, purpose: str) -> None:
        """A8."""
        pending = VerificationFactory(purpose=purpose)
        with pytest.raises(InvalidCode):
            _log_in(pending)
        assert Verification.objects.get().approved_at is None
        assert User.objects.count() == 0

    def test_is_refused_inside_a_transaction(self) -> None:
        pending = _pending()
        with transaction.atomic(), pytest.raises(InTransaction):
            _log_in(pending)

    @pytest.mark.parametrize("allowed", [True, False])
    def test_makes_none_beside_staff(self, settings: Any, allowed: bool) -> None:
        settings.SMS_VERIFICATION_ALLOW_STAFF = allowed
        staff = UserFactory(is_staff=True)
        pending = _pending(PhoneNumberFactory(user=staff))
        with nullcontext() if allowed else pytest.raises(InvalidCode):
            assert _log_in(pending) == staff
        assert User.objects.get() == staff
        assert User.objects.get().is_staff is True


@pytest.mark.django_db
class TestByProof:
    def test_makes_a_user_of_a_new_number(self) -> None:
        proof = _prove(_pending())
        assert User.objects.get(pk=logins.by_proof(proof).pk)
        with pytest.raises(InvalidCode):
            logins.by_proof(proof)
        assert User.objects.count() == 1


@pytest.mark.django_db
class TestOvertaken:
    @pytest.fixture(autouse=True)
    def _rival(self, settings: Any) -> Any:
        settings.SMS_VERIFICATION_ACCOUNTS = "tests.test_logins_create.Overtaken"
        yield
        Overtaken.rivals.clear()

    def test_by_a_sign_up_finds_its_user(self) -> None:
        """A33: of two registrations one wins, and the other gets its user."""
        number = PhoneNumberFactory()
        ours, theirs = _pending(number), _pending(number)
        Overtaken.rivals.append(lambda: _log_in(theirs))
        user = _log_in(ours)
        assert User.objects.get() == user
        assert PhoneNumber.objects.get().user == user
        assert not Verification.objects.filter(used_at=None).exists()

    def test_by_who_spends_the_same_proof_makes_no_user(self) -> None:
        pending = _pending()
        proof = _prove(pending)
        approved = Verification.objects.get()
        Overtaken.rivals.append(lambda: verifications.use(approved, "login"))
        with pytest.raises(InvalidCode):
            logins.by_proof(proof)
        assert User.objects.count() == 0
        assert PhoneNumber.objects.get().user is None


class AlwaysTaken(LinkedAccounts):
    def create(self, number: PhoneNumber) -> Any:
        raise PhoneNumberTaken("Always.")


@pytest.mark.django_db
def test_a_number_that_never_holds_still_is_no_login(settings: Any) -> None:
    settings.SMS_VERIFICATION_ACCOUNTS = "tests.test_logins_create.AlwaysTaken"
    with pytest.raises(InvalidCode):
        _log_in(_pending())
    assert Verification.objects.get().used_at is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="threads do not share a database in memory"
)
class TestThreads:
    def test_that_sign_up_at_once_get_one_user(self) -> None:
        number = PhoneNumberFactory()
        pendings = [_pending(number) for _ in range(8)]
        barrier, users = threading.Barrier(8), []

        def log_in(pending: Verification) -> None:
            try:
                code = right_code(pending.pk)
                barrier.wait()
                users.append(logins.by_code(pending.pk, code, NOBODY))
            finally:
                connection.close()

        threads = [threading.Thread(target=log_in, args=[p]) for p in pendings]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(users) == 8
        assert User.objects.count() == len(set(users)) == 1
