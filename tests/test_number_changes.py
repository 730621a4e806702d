"""From a proved new number to an account that is reached by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token

from sms_verification import number_changes, proofs, signals
from sms_verification.accounts import LinkedAccounts
from sms_verification.exceptions import (
    InvalidCode,
    InvalidFields,
    PasswordRequired,
    PhoneNumberTaken,
)
from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import Evidence, SmsMessage
from tests.api.conftest import signed_in
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory
from tests.phones import ALICE, BOB, right_code

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse 7 battery"


def member(password: str | None = PASSWORD, number: str | None = ALICE) -> User:
    user: User = UserFactory()
    user.set_password(password)
    user.save()
    if number:
        then = timezone.now() - timedelta(hours=1)
        PhoneNumberFactory(number=number, user=user, verified_at=then)
    return user


@pytest.fixture
def alice() -> User:
    return member()


def new(user: User, number: str = BOB) -> Evidence:
    row, _ = PhoneNumber.objects.get_or_create(number=number)
    pending = VerificationFactory(purpose="change_phone", phone_number=row, user=user)
    return Evidence(verification_id=pending.pk, code=right_code(pending.pk))


def old_proof(user: User, number: str = ALICE) -> str:
    row, _ = PhoneNumber.objects.get_or_create(number=number)
    shown = VerificationFactory(
        purpose="change_phone",
        phone_number=row,
        user=user,
        approved_at=timezone.now(),
    )
    return proofs.write(shown.pk)


def number_of(user: User) -> str | None:
    found = LinkedAccounts().number_of(user.pk)
    return found.number if found else None


def row_of(shown: Evidence) -> Verification:
    return Verification.objects.get(pk=shown.verification_id)


def use(settings: Any, kind: type[LinkedAccounts]) -> None:
    settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.{kind.__name__}"


@pytest.fixture
def changes() -> Iterator[list[dict[str, Any]]]:
    events: list[dict[str, Any]] = []

    def listen(signal: Any, **event: Any) -> None:
        events.append(event)

    signals.phone_number_changed.connect(listen)
    yield events
    signals.phone_number_changed.disconnect(listen)


class TestChange:
    def test_moves_the_account_and_tells(
        self, alice: User, outbox: list[SmsMessage], changes: list[dict[str, Any]]
    ) -> None:
        number = number_changes.change(new(alice), alice, None, password=PASSWORD)
        assert number.number == BOB == number_of(alice)
        assert PhoneNumber.objects.get(number=ALICE).user_id is None
        told = [(sms.phone_number, sms.purpose, sms.code) for sms in outbox]
        assert told == [(ALICE, "phone_changed", "")]
        (event,) = changes
        assert event["user_pk"] == alice.pk
        for key, ends in [("old_phone_number", ALICE), ("phone_number", BOB)]:
            assert "*" in event[key]
            assert event[key].endswith(ends[-2:])
        assert ALICE[3:] not in str(event)
        assert BOB[3:] not in str(event)

    def test_to_a_first_number_tells_no_number(
        self, outbox: list[SmsMessage], changes: list[dict[str, Any]]
    ) -> None:
        user = member(number=None)
        number_changes.change(new(user), user, None, password=PASSWORD)
        assert number_of(user) == BOB
        assert outbox == []
        assert changes[0]["old_phone_number"] == ""

    def test_to_the_same_number_tells_nobody(
        self, alice: User, outbox: list[SmsMessage]
    ) -> None:
        number_changes.change(new(alice, ALICE), alice, None, password=PASSWORD)
        assert number_of(alice) == ALICE
        assert outbox == []

    def test_ends_sessions_and_tokens_and_keeps_the_password(self, alice: User) -> None:
        client = Client()
        client.force_login(alice)
        Token.objects.create(user=alice)
        number_changes.change(new(alice), alice, None, password=PASSWORD)
        assert signed_in(client) is None
        assert not Token.objects.exists()
        stored = User.objects.get(pk=alice.pk)
        assert stored.check_password(PASSWORD)
        assert stored.password == alice.password

    def test_works_once(self, alice: User) -> None:
        """A39."""
        shown = new(alice)
        number_changes.change(shown, alice, None, password=PASSWORD)
        spent = Evidence(proof=proofs.write(row_of(shown).pk))
        for again in [shown, spent]:
            with pytest.raises(InvalidCode):
                number_changes.change(again, alice, None, password=PASSWORD)


class TestThief:
    """A34: who has stolen a session."""

    def test_without_the_password_spends_no_code(self, alice: User) -> None:
        shown = new(alice)
        with pytest.raises(InvalidFields) as caught:
            number_changes.change(shown, alice, None, old_proof=old_proof(alice))
        assert list(caught.value.fields) == ["password"]
        assert caught.value.proof == ""
        row = row_of(shown)
        assert (row.approved_at, row.checks_left) == (None, 5)
        assert number_of(alice) == ALICE

    def test_has_as_many_guesses_as_checks(self, alice: User) -> None:
        shown = new(alice)
        for _ in range(5):
            with pytest.raises(InvalidFields) as caught:
                number_changes.change(shown, alice, None, password="guess")
            shown = Evidence(
                verification_id=shown.verification_id, proof=caught.value.proof
            )
        assert row_of(shown).checks_left == 0
        with pytest.raises(InvalidCode):
            number_changes.change(shown, alice, None, password=PASSWORD)
        assert number_of(alice) == ALICE

    def test_of_another_user_s_verification_is_refused(self, alice: User) -> None:
        shown = new(member(number=None))
        with pytest.raises(InvalidCode):
            number_changes.change(shown, alice, None, password=PASSWORD)
        assert (number_of(alice), row_of(shown).used_at) == (ALICE, None)

    @pytest.mark.parametrize("purpose", ["login", "register", "reset_password"])
    def test_of_a_code_for_another_purpose_is_refused(
        self, alice: User, purpose: str
    ) -> None:
        """A8."""
        new(alice)
        Verification.objects.update(purpose=purpose)
        pk = Verification.objects.get().pk
        shown = Evidence(verification_id=pk, code=right_code(pk))
        with pytest.raises(InvalidCode):
            number_changes.change(shown, alice, None, password=PASSWORD)
        assert (number_of(alice), row_of(shown).approved_at) == (ALICE, None)

    def test_that_lost_to_another_change_is_refused(self, alice: User) -> None:
        shown = new(alice)
        row = row_of(shown)
        row.approved_at = timezone.now() - timedelta(minutes=1)
        row.save()
        PhoneNumber.objects.filter(number=ALICE).update(verified_at=timezone.now())
        with pytest.raises(InvalidCode):
            number_changes.change(
                Evidence(proof=proofs.write(row.pk)), alice, None, password=PASSWORD
            )
        assert number_of(alice) == ALICE


class TestWithoutPassword:
    """A34: the present number is asked for."""

    @pytest.fixture
    def carol(self) -> User:
        return member(password=None)

    def test_moves_by_a_proof_of_the_present_number(self, carol: User) -> None:
        proof = old_proof(carol)
        client = Client()
        client.force_login(carol)
        number_changes.change(new(carol), carol, None, old_proof=proof)
        assert number_of(carol) == BOB
        assert signed_in(client) is None
        assert not User.objects.get(pk=carol.pk).has_usable_password()
        assert not Verification.objects.filter(purpose="change_phone", used_at=None)

    def test_asks_for_the_proof_before_the_code_is_spent(self, carol: User) -> None:
        shown = new(carol)
        with pytest.raises(InvalidFields) as caught:
            number_changes.change(shown, carol, None, password="anything")
        assert list(caught.value.fields) == ["old_proof"]
        assert row_of(shown).approved_at is None

    @pytest.mark.parametrize("whose", ["other number", "other user", "forged"])
    def test_takes_no_other_proof(self, carol: User, whose: str) -> None:
        shown = new(carol)
        wrong = {
            "other number": lambda: old_proof(carol, "+8613700137000"),
            "other user": lambda: old_proof(UserFactory()),
            "forged": lambda: "x",
        }[whose]()
        with pytest.raises(InvalidFields) as caught:
            number_changes.change(shown, carol, None, old_proof=wrong)
        assert list(caught.value.fields) == ["old_proof"]
        assert (number_of(carol), row_of(shown).used_at) == (ALICE, None)
        again = Evidence(proof=caught.value.proof)
        number_changes.change(again, carol, None, old_proof=old_proof(carol))
        assert number_of(carol) == BOB

    def test_one_proof_is_not_both(self, carol: User) -> None:
        """The present number's own proof does for no second approval."""
        proof = old_proof(carol)
        with pytest.raises(InvalidCode):
            number_changes.change(Evidence(proof=proof), carol, None, old_proof=proof)
        assert number_of(carol) == ALICE

    def test_without_number_waits_for_the_host(self, settings: Any) -> None:
        dave = member(password=None, number=None)
        shown = new(dave)
        with pytest.raises(PasswordRequired):
            number_changes.change(shown, dave, None)
        assert row_of(shown).approved_at is None
        use(settings, Trusting)
        number_changes.change(shown, dave, None)
        assert number_of(dave) == BOB


class TestTaken:
    def test_by_somebody_between_send_and_check(self, alice: User) -> None:
        """A34."""
        shown, bob = new(alice), UserFactory()
        then = timezone.now() - timedelta(seconds=1)
        PhoneNumber.objects.filter(number=BOB).update(user=bob, verified_at=then)
        with pytest.raises(PhoneNumberTaken) as caught:
            number_changes.change(shown, alice, None, password=PASSWORD)
        assert (number_of(alice), number_of(bob)) == (ALICE, BOB)
        assert row_of(shown).used_at is None
        PhoneNumber.objects.filter(number=BOB).update(user=None, verified_at=None)
        again = Evidence(proof=caught.value.proof)
        number_changes.change(again, alice, None, password=PASSWORD)
        assert number_of(alice) == BOB

    @pytest.mark.parametrize(("days", "moves"), [(89, False), (91, True)])
    def test_from_an_idle_account(
        self, settings: Any, alice: User, days: int, moves: bool
    ) -> None:
        """A38."""
        settings.SMS_VERIFICATION_DORMANT_AFTER = timedelta(days=90)
        shown, bob = new(alice), UserFactory()
        then = timezone.now() - timedelta(days=days)
        PhoneNumber.objects.filter(number=BOB).update(user=bob, verified_at=then)
        with suppress(PhoneNumberTaken):
            number_changes.change(
                shown, alice, None, password=PASSWORD, not_my_account=True
            )
        owners = (number_of(alice), number_of(bob))
        assert owners == ((BOB, None) if moves else (ALICE, BOB))

    def test_from_an_idle_account_is_not_had_unasked(
        self, settings: Any, alice: User
    ) -> None:
        """A38."""
        settings.SMS_VERIFICATION_DORMANT_AFTER = timedelta(days=90)
        shown, bob = new(alice), UserFactory()
        then = timezone.now() - timedelta(days=91)
        PhoneNumber.objects.filter(number=BOB).update(user=bob, verified_at=then)
        with pytest.raises(PhoneNumberTaken):
            number_changes.change(shown, alice, None, password=PASSWORD)
        assert (number_of(alice), number_of(bob)) == (ALICE, BOB)


class Trusting(LinkedAccounts):
    def may_change_number(self, user: Any, client: Any) -> bool:
        return True


class Raising(LinkedAccounts):
    def link(self, number: PhoneNumber, user: Any) -> None:
        raise RuntimeError


class Racing(LinkedAccounts):
    def link(self, number: PhoneNumber, user: Any) -> None:
        raise PhoneNumberTaken


class Released(LinkedAccounts):
    def unlink(self, number: PhoneNumber, user: Any) -> bool:
        return False


class TestRollback:
    @pytest.mark.parametrize(
        ("kind", "error"),
        [
            (Raising, RuntimeError),
            (Racing, InvalidCode),
            (Released, InvalidCode),
        ],
    )
    def test_leaves_all_as_it_was(
        self,
        settings: Any,
        alice: User,
        outbox: list[SmsMessage],
        kind: type[LinkedAccounts],
        error: type[Exception],
    ) -> None:
        shown, password = new(alice), alice.password
        use(settings, kind)
        with pytest.raises(error):
            number_changes.change(shown, alice, None, password=PASSWORD)
        assert row_of(shown).used_at is None
        assert number_of(alice) == ALICE
        assert User.objects.get(pk=alice.pk).password == password
        assert outbox == []

    def test_does_not_undo_a_password_set_meanwhile(self, alice: User) -> None:
        shown = new(alice)
        User.objects.filter(pk=alice.pk).update(password="another")
        with pytest.raises(InvalidCode):
            number_changes.change(shown, alice, None, password=PASSWORD)
        assert User.objects.get(pk=alice.pk).password == "another"
        assert number_of(alice) == ALICE
