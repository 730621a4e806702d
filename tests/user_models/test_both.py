"""The flows, with whichever user model this run is for."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from rest_framework.authtoken.models import Token

from sms_verification import logins, number_changes, password_resets, registrations
from sms_verification.accounts import UserFieldAccounts, get_accounts
from sms_verification.exceptions import (
    InvalidCode,
    InvalidFields,
    PhoneNumberTaken,
)
from sms_verification.models import PhoneNumber
from sms_verification.types import Client, Evidence, SmsMessage
from sms_verification.verifications import start
from tests.factories import VerificationFactory
from tests.phones import ALICE, BOB

pytestmark = pytest.mark.django_db

PASSWORD = "a long phrase"

Outbox = list[SmsMessage]


def user_of(text: str) -> Any:
    return get_accounts().find(PhoneNumber.objects.get(number=text))


def field_of(user: Any) -> Any:
    accounts = get_accounts()
    assert isinstance(accounts, UserFieldAccounts)
    return getattr(get_user_model()._default_manager.get(pk=user.pk), accounts.field)


def typed(number: str) -> Any:
    """Return a user who says that the number is theirs, and has not proved it."""
    accounts: Any = get_accounts()
    user: Any = accounts.build_user(PhoneNumber(number=number))
    setattr(user, accounts.field, number)
    user.set_password("mallory's own")
    user.save()
    return user


def show(outbox: Outbox, number: str, purpose: str, user: Any = None) -> Evidence:
    """Ask for a code, and read it in the SMS."""
    started = start(number, purpose, Client(user_pk=user.pk) if user else None)
    assert outbox[-1].phone_number == number
    return Evidence(verification_id=started.pk, code=outbox[-1].code)


@pytest.fixture
def alice(number: PhoneNumber) -> Any:
    """Has proved her number."""
    user = get_accounts().create(number)
    user.set_password(PASSWORD)
    user.save()
    return user


class TestRegister:
    def test_makes_a_user_of_the_number(self, outbox: Outbox) -> None:
        user = registrations.register(show(outbox, ALICE, "register"), None)
        assert user_of(ALICE) == user
        assert field_of(user) == ALICE
        assert user.has_usable_password() is False

    def test_is_not_kept_off_by_who_only_typed_it(self, outbox: Outbox) -> None:
        mallory = typed(ALICE)
        shown = show(outbox, ALICE, "register")
        user = registrations.register(shown, None, password=PASSWORD)
        assert user_of(ALICE) == user != mallory
        assert (field_of(user), user.check_password(PASSWORD)) == (ALICE, True)
        assert field_of(mallory) != ALICE

    def test_takes_no_number_from_who_has_proved_it(
        self, outbox: Outbox, alice: Any
    ) -> None:
        with pytest.raises(PhoneNumberTaken) as caught:
            registrations.register(show(outbox, ALICE, "register"), None)
        assert get_user_model()._default_manager.count() == 1
        # Who has an account and did not know goes on to log in.
        assert logins.by_proof(caught.value.proof) == alice


class TestLogin:
    def test_returns_who_has_proved_the_number(
        self, outbox: Outbox, alice: Any
    ) -> None:
        shown = show(outbox, ALICE, "login")
        assert shown.verification_id is not None
        assert logins.by_code(shown.verification_id, shown.code, None) == alice

    def test_lets_nobody_in_by_a_number_that_was_only_typed(
        self, outbox: Outbox, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = True
        mallory = typed(ALICE)
        shown = show(outbox, ALICE, "login")
        assert shown.verification_id is not None
        user = logins.by_code(shown.verification_id, shown.code, None)
        assert user_of(ALICE) == user != mallory
        assert (field_of(user), field_of(mallory) != ALICE) == (ALICE, True)

    def test_works_with_a_test_number(
        self, alice: Any, settings: Any, clock: Any
    ) -> None:
        """A user model without rights has no staff to keep out."""
        entry = {"secret_code": "123456", "until": date(2026, 1, 5)}
        settings.SMS_VERIFICATION_TEST_NUMBERS = {ALICE: entry}
        number = PhoneNumber.objects.get(number=ALICE)
        pending = VerificationFactory(purpose="login", phone_number=number)
        assert logins.by_code(pending.pk, "123456", None) == alice


class TestReset:
    def test_sets_the_password_of_who_has_proved_the_number(
        self, outbox: Outbox, alice: Any
    ) -> None:
        Token.objects.create(user=alice)
        shown = show(outbox, ALICE, "reset_password")
        assert password_resets.reset(shown, "another phrase", None) == alice
        alice.refresh_from_db()
        assert alice.check_password("another phrase")
        assert not Token.objects.exists()
        assert user_of(ALICE) == alice

    def test_sends_nothing_to_a_number_that_was_only_typed(
        self, outbox: Outbox
    ) -> None:
        typed(ALICE)
        start(ALICE, "reset_password")
        assert outbox == []


class TestChange:
    def test_moves_the_user_to_the_new_number(self, outbox: Outbox, alice: Any) -> None:
        shown = show(outbox, BOB, "change_phone", alice)
        new = number_changes.change(shown, alice, None, password=PASSWORD)
        assert new.number == BOB
        assert (user_of(BOB), user_of(ALICE)) == (alice, None)
        assert field_of(alice) == BOB
        number = get_accounts().number_of(alice.pk)
        assert number is not None
        assert number.number == BOB

    def test_takes_the_number_from_who_only_typed_it(
        self, outbox: Outbox, alice: Any
    ) -> None:
        mallory = typed(BOB)
        shown = show(outbox, BOB, "change_phone", alice)
        number_changes.change(shown, alice, None, password=PASSWORD)
        assert (user_of(BOB), field_of(alice)) == (alice, BOB)
        assert field_of(mallory) != BOB

    def test_takes_it_from_nobody_who_has_proved_it(
        self, outbox: Outbox, alice: Any, other: PhoneNumber
    ) -> None:
        bob = get_accounts().create(other)
        shown = show(outbox, BOB, "change_phone", alice)
        with pytest.raises(PhoneNumberTaken):
            number_changes.change(shown, alice, None, password=PASSWORD)
        assert (user_of(ALICE), user_of(BOB)) == (alice, bob)
        assert (field_of(alice), field_of(bob)) == (ALICE, BOB)

    def test_gives_the_old_number_to_the_next(self, outbox: Outbox, alice: Any) -> None:
        shown = show(outbox, BOB, "change_phone", alice)
        number_changes.change(shown, alice, None, password=PASSWORD)
        PhoneNumber.objects.update(sent_at=[])
        user = registrations.register(show(outbox, ALICE, "register"), None)
        assert (user_of(ALICE), user_of(BOB)) == (user, alice)

    def test_of_a_field_that_was_written_anew_proves_what_was_written(
        self, outbox: Outbox, alice: Any
    ) -> None:
        """The old link is outdated, and in nobody's way."""
        accounts: Any = get_accounts()
        setattr(alice, accounts.field, BOB)
        alice.save()
        assert number_changes.demanded(alice) == "password"
        shown = show(outbox, BOB, "change_phone", alice)
        number_changes.change(shown, alice, None, password=PASSWORD)
        assert (user_of(BOB), user_of(ALICE)) == (alice, None)
        assert PhoneNumber.objects.get(number=ALICE).user is None

    def test_is_no_one_else_s_to_make(self, outbox: Outbox, alice: Any) -> None:
        mallory = typed(BOB)
        shown = show(outbox, "+8613700137000", "change_phone", alice)
        with pytest.raises(InvalidFields) as caught:
            number_changes.change(shown, alice, None, password="mallory's own")
        proof = Evidence(proof=caught.value.proof)
        with pytest.raises(InvalidCode):
            number_changes.change(proof, mallory, None, password="mallory's own")
        assert user_of(ALICE) == alice
