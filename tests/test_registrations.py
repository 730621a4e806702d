"""From a proved number to a new account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.signals import post_save
from django.utils import timezone

from sms_verification import logins, proofs, registrations
from sms_verification.accounts import LinkedAccounts
from sms_verification.exceptions import (
    InTransaction,
    InvalidCode,
    InvalidFields,
    PhoneNumberTaken,
    UnknownPurpose,
)
from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import Evidence
from sms_verification.verifications import check
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory
from tests.phones import ALICE, mistyped, right_code

pytestmark = pytest.mark.django_db

STRONG = "correct horse 7 battery"
IDLE = timedelta(days=90)


@pytest.fixture
def number() -> PhoneNumber:
    number: PhoneNumber = PhoneNumberFactory(number=ALICE)
    return number


@pytest.fixture
def pending(number: PhoneNumber) -> Verification:
    row: Verification = VerificationFactory(purpose="register", phone_number=number)
    return row


@pytest.fixture
def shown(pending: Verification) -> Evidence:
    return Evidence(verification_id=pending.pk, code=right_code(pending.pk))


def own(number: PhoneNumber, **more: Any) -> User:
    user: User = UserFactory(**more)
    LinkedAccounts().link(number, user)
    return user


def idle(number: PhoneNumber, ago: timedelta, password: str = STRONG) -> User:
    user = own(number)
    user.set_password(password)
    user.last_login = timezone.now() - ago
    user.save()
    PhoneNumber.objects.update(verified_at=user.last_login)
    return user


def unspent() -> bool:
    return Verification.objects.get().used_at is None


class TestRegister:
    def test_makes_an_account_without_password_under_a_random_name(
        self, shown: Evidence, number: PhoneNumber
    ) -> None:
        user = registrations.register(shown, None)
        assert LinkedAccounts().find(number) == user == User.objects.get()
        assert not user.has_usable_password()
        assert "0138000" not in user.get_username()
        assert not unspent()

    def test_takes_a_name_and_a_password(self, shown: Evidence) -> None:
        registrations.register(shown, None, username="alice", password=STRONG)
        user = User.objects.get(username="alice")
        assert user.check_password(STRONG)
        assert (user.is_staff, user.is_superuser) == (False, False)

    def test_normalizes_the_name(self, shown: Evidence) -> None:
        user = registrations.register(shown, None, username="\ufb01ne")
        assert user.get_username() == "fine"

    def test_works_once(self, shown: Evidence, number: PhoneNumber) -> None:
        """A39."""
        user = registrations.register(shown, None)
        LinkedAccounts().unlink(number, user)
        for again in [
            shown,
            Evidence(proof=proofs.write(Verification.objects.get().pk)),
        ]:
            with pytest.raises(InvalidCode):
                registrations.register(again, None)
        assert User.objects.count() == 1

    def test_counts_a_wrong_code(self, shown: Evidence, pending: Verification) -> None:
        wrong = Evidence(verification_id=pending.pk, code=mistyped(shown.code))
        with pytest.raises(InvalidCode) as caught:
            registrations.register(wrong, None)
        assert caught.value.checks_left == 4
        assert not User.objects.exists()

    @pytest.mark.parametrize("purpose", ["login", "reset_password", "change_phone"])
    def test_takes_no_code_for_another_purpose(
        self, number: PhoneNumber, purpose: str
    ) -> None:
        """A8."""
        pk = VerificationFactory(purpose=purpose, phone_number=number).pk
        shown = Evidence(verification_id=pk, code=right_code(pk))
        with pytest.raises(InvalidCode):
            registrations.register(shown, None)
        assert Verification.objects.get().approved_at is None
        assert not User.objects.exists()

    def test_without_evidence_is_an_invalid_code(self, pending: Verification) -> None:
        with pytest.raises(InvalidCode):
            registrations.register(Evidence(code="123456"), None)

    def test_is_refused_inside_a_transaction(self, shown: Evidence) -> None:
        with transaction.atomic(), pytest.raises(InTransaction):
            registrations.register(shown, None)


class TestSwitchedOff:
    """A site that takes nobody."""

    @pytest.fixture(autouse=True)
    def _off(self, shown: Evidence, settings: Any) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {"register": None}

    def test_takes_no_code(self, shown: Evidence) -> None:
        with pytest.raises(UnknownPurpose):
            registrations.register(shown, None)
        assert not User.objects.exists()

    def test_takes_no_proof_of_a_login(self, number: PhoneNumber) -> None:
        row = VerificationFactory(
            purpose="login", phone_number=number, approved_at=timezone.now()
        )
        shown = Evidence(proof=proofs.write(row.pk, goes_on=True))
        with pytest.raises(UnknownPurpose):
            registrations.register(shown, None)
        assert not User.objects.exists()


class TestInvalidFields:
    @pytest.mark.parametrize("name", ["taken", "a b", "x" * 151])
    def test_of_the_name_leave_a_proof_that_works(
        self, shown: Evidence, name: str
    ) -> None:
        """A33."""
        UserFactory(username="taken")
        with pytest.raises(InvalidFields) as caught:
            registrations.register(shown, None, username=name)
        assert list(caught.value.fields) == ["username"]
        assert unspent()
        again = Evidence(proof=caught.value.proof)
        user = registrations.register(again, None, username="free")
        assert user.get_username() == "free"

    def test_of_a_password_like_the_name_leave_a_proof_that_works(
        self, shown: Evidence, settings: Any
    ) -> None:
        similar = "UserAttributeSimilarityValidator"
        settings.AUTH_PASSWORD_VALIDATORS = [
            {"NAME": f"django.contrib.auth.password_validation.{similar}"}
        ]
        with pytest.raises(InvalidFields) as caught:
            registrations.register(
                shown, None, username="alice-liddell", password="alice-liddell"
            )
        assert list(caught.value.fields) == ["password"]
        assert unspent()
        again = Evidence(proof=caught.value.proof)
        registrations.register(again, None, username="alice-liddell", password=STRONG)
        assert User.objects.get().check_password(STRONG)


class TestHostsOwnConstraint:
    def test_is_no_wrong_code(self, shown: Evidence) -> None:
        """A receiver that trips over a unique column of the host's."""
        calls = []

        def insert(sender: Any, instance: User, **more: Any) -> None:
            calls.append(instance)
            PhoneNumberFactory(number="+8613900139000")

        PhoneNumberFactory(number="+8613900139000")
        post_save.connect(insert, User)
        try:
            with pytest.raises(IntegrityError, match="refused a row"):
                registrations.register(shown, None)
        finally:
            post_save.disconnect(insert, User)
        assert len(calls) == 3
        assert unspent()
        assert not User.objects.exists()


class TestOwnedNumber:
    def test_is_taken_with_a_proof_that_logs_in(
        self, shown: Evidence, number: PhoneNumber
    ) -> None:
        """A33."""
        alice = own(number)
        Verification.objects.update(created_at=timezone.now())
        PhoneNumber.objects.update(verified_at=timezone.now() - timedelta(seconds=1))
        with pytest.raises(PhoneNumberTaken) as caught:
            registrations.register(shown, None)
        assert (User.objects.count(), unspent()) == (1, True)
        assert logins.by_proof(caught.value.proof) == alice

    def test_is_not_had_by_saying_so(
        self, shown: Evidence, number: PhoneNumber
    ) -> None:
        """A38: with DORMANT_AFTER unset nobody's number is idle."""
        alice = idle(number, timedelta(days=4000))
        with pytest.raises(PhoneNumberTaken):
            registrations.register(shown, None, not_my_account=True)
        assert LinkedAccounts().find(number) == alice

    @pytest.mark.parametrize(("days", "taken_over"), [(89, False), (91, True)])
    def test_is_had_of_an_idle_account(
        self,
        settings: Any,
        pending: Verification,
        number: PhoneNumber,
        days: int,
        taken_over: bool,
    ) -> None:
        """A38."""
        settings.SMS_VERIFICATION_DORMANT_AFTER = IDLE
        old = idle(number, timedelta(days=days))
        shown = Evidence(verification_id=pending.pk, code=right_code(pending.pk))
        if not taken_over:
            with pytest.raises(PhoneNumberTaken):
                registrations.register(shown, None, not_my_account=True)
            assert LinkedAccounts().find(number) == old
            return
        user = registrations.register(shown, None, not_my_account=True)
        assert LinkedAccounts().find(number) == user != old
        old.refresh_from_db()
        assert old.check_password(STRONG)
        assert LinkedAccounts().number_of(old.pk) is None

    def test_of_an_idle_account_is_not_had_unasked(
        self, settings: Any, shown: Evidence, number: PhoneNumber
    ) -> None:
        """A38."""
        settings.SMS_VERIFICATION_DORMANT_AFTER = IDLE
        old = idle(number, timedelta(days=91))
        with pytest.raises(PhoneNumberTaken):
            registrations.register(shown, None)
        assert LinkedAccounts().find(number) == old


class TestFreshness:
    def test_of_a_proof_ends_after_ten_minutes(
        self, clock: time_machine.Traveller, pending: Verification
    ) -> None:
        """A39."""
        check(pending.pk, right_code(pending.pk))
        clock.shift(timedelta(minutes=10))
        with pytest.raises(InvalidCode):
            registrations.register(Evidence(proof=proofs.write(pending.pk)), None)
        assert not User.objects.exists()

    def test_a_proof_older_than_the_link_is_invalid(
        self, clock: time_machine.Traveller, pending: Verification, number: PhoneNumber
    ) -> None:
        """A39."""
        check(pending.pk, right_code(pending.pk))
        clock.shift(1)
        own(number)
        with pytest.raises(InvalidCode):
            registrations.register(Evidence(proof=proofs.write(pending.pk)), None)

    @pytest.mark.parametrize("purpose", ["reset_password", "change_phone", "login"])
    def test_a_proof_for_another_purpose_is_invalid(
        self, number: PhoneNumber, purpose: str
    ) -> None:
        """A39: one that goes on from a login is another string."""
        other = VerificationFactory(purpose=purpose, phone_number=number)
        Verification.objects.update(approved_at=timezone.now())
        with pytest.raises(InvalidCode):
            registrations.register(Evidence(proof=proofs.write(other.pk)), None)
        assert not User.objects.exists()


class Raising(LinkedAccounts):
    def link(self, number: PhoneNumber, user: Any) -> None:
        super().link(number, user)
        raise RuntimeError


class Racing(LinkedAccounts):
    """Somebody takes the number just before."""

    def link(self, number: PhoneNumber, user: Any) -> None:
        raise PhoneNumberTaken


class Released(LinkedAccounts):
    """The owner gives the number up just before it is taken."""

    def unlink(self, number: PhoneNumber, user: Any) -> bool:
        super().unlink(number, user)
        return False


def use(settings: Any, kind: type[LinkedAccounts]) -> None:
    settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.{kind.__name__}"


class TestRollback:
    def test_leaves_nothing_behind(self, settings: Any, shown: Evidence) -> None:
        use(settings, Raising)
        with pytest.raises(RuntimeError):
            registrations.register(shown, None, username="alice")
        assert unspent()
        assert not User.objects.exists()
        assert PhoneNumber.objects.get().user_id is None

    def test_of_who_never_gets_the_number_leaves_nothing(
        self, settings: Any, shown: Evidence
    ) -> None:
        use(settings, Racing)
        with pytest.raises(InvalidCode):
            registrations.register(shown, None)
        assert unspent()
        assert not User.objects.exists()

    def test_of_a_takeover_leaves_the_number_where_it_was(
        self, settings: Any, shown: Evidence, number: PhoneNumber
    ) -> None:
        use(settings, Released)
        settings.SMS_VERIFICATION_DORMANT_AFTER = IDLE
        old = idle(number, timedelta(days=91))
        with pytest.raises(InvalidCode):
            registrations.register(shown, None, not_my_account=True)
        assert LinkedAccounts().find(number) == old
        assert (User.objects.count(), unspent()) == (1, True)
