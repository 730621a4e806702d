from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from sms_verification import logins
from sms_verification.accounts import UserFieldAccounts, get_accounts
from sms_verification.exceptions import PhoneNumberTaken
from sms_verification.models import Delivery, PhoneNumber
from sms_verification.types import SmsMessage
from sms_verification.verifications import start
from tests.factories import PhoneNumberFactory
from tests.models import Member, Subscriber
from tests.phones import ALICE, BOB, right_code

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
accounts = UserFieldAccounts()


@pytest.fixture(autouse=True)
def _members(settings: Any) -> None:
    settings.AUTH_USER_MODEL = "tests.Member"
    settings.SMS_VERIFICATION_ACCOUNTS = "sms_verification.accounts.UserFieldAccounts"


@pytest.fixture
def number() -> PhoneNumber:
    return PhoneNumberFactory(number=ALICE)


class TestFind:
    def test_returns_whose_number_it_is(self, number: PhoneNumber) -> None:
        alice = Member.objects.create(username="alice", phone_number=ALICE)
        Member.objects.create(username="bob", phone_number=BOB)
        assert accounts.find(number) == alice
        assert accounts.exists(number) is True

    def test_returns_none_for_nobody_s(self, number: PhoneNumber) -> None:
        Member.objects.create(username="bob", phone_number=BOB)
        Member.objects.create(username="carol", phone_number=None)
        assert accounts.find(number) is None
        assert accounts.exists(number) is False


class TestCheck:
    def test_a_unique_field_that_may_be_empty_will_do(self) -> None:
        assert list(accounts.check()) == []

    def test_the_name_itself_need_not_be_empty(self, settings: Any) -> None:
        settings.AUTH_USER_MODEL = "tests.Subscriber"
        assert list(Mobile().check()) == []

    def test_a_field_that_two_can_share_will_not_do(self) -> None:
        (found,) = Shared().check()
        assert found.id == "sms_verification.E105"

    def test_a_field_that_is_not_there_will_not_do(self) -> None:
        (found,) = Mobile().check()
        assert found.id == "sms_verification.E105"
        assert "'mobile'" in found.msg


class Mobile(UserFieldAccounts):
    field = "mobile"


class Shared(UserFieldAccounts):
    field = "is_active"


class TestLink:
    def test_makes_the_number_the_user_s(self, number: PhoneNumber, clock: Any) -> None:
        alice = Member.objects.create(username="alice")
        accounts.link(number, alice)
        assert Member.objects.get().phone_number == ALICE
        assert PhoneNumber.objects.get().verified_at == NOON

    def test_again_is_no_conflict(self, number: PhoneNumber) -> None:
        alice = Member.objects.create(username="alice", phone_number=ALICE)
        accounts.link(number, alice)
        assert PhoneNumber.objects.get().verified_at is not None

    def test_takes_no_number_from_another(self, number: PhoneNumber) -> None:
        Member.objects.create(username="alice", phone_number=ALICE)
        bob = Member.objects.create(username="bob")
        with pytest.raises(PhoneNumberTaken) as caught:
            accounts.link(number, bob)
        bob.refresh_from_db()
        assert bob.phone_number is None
        assert PhoneNumber.objects.get().verified_at is None
        assert ALICE not in str(caught.value)
        assert caught.value.__suppress_context__ is True

    def test_gives_no_user_a_second_number(self, number: PhoneNumber) -> None:
        bob = Member.objects.create(username="bob", phone_number=BOB)
        with pytest.raises(PhoneNumberTaken):
            accounts.link(number, bob)
        bob.refresh_from_db()
        assert bob.phone_number == BOB


class TestCreate:
    def test_makes_a_user_of_the_number(self, number: PhoneNumber, clock: Any) -> None:
        member = accounts.create(number)
        assert member == Member.objects.get()
        assert Member.objects.get().phone_number == ALICE
        assert Member.objects.get().has_usable_password() is False
        assert Member.objects.get().username.startswith("user_")
        assert PhoneNumber.objects.get().verified_at == NOON

    def test_leaves_no_user_where_the_number_is_another_s(
        self, number: PhoneNumber
    ) -> None:
        Member.objects.create(username="alice", phone_number=ALICE)
        with pytest.raises(PhoneNumberTaken) as caught:
            accounts.create(number)
        assert [member.username for member in Member.objects.all()] == ["alice"]
        assert caught.value.__suppress_context__ is True


class Nameless(UserFieldAccounts):
    """A host's, which forgot what its users need."""

    def build_user(self, number: PhoneNumber) -> Any:
        user: Any = super().build_user(number)
        user.is_active = None
        return user


class TestHostsMistake:
    def test_is_not_told_as_a_number_taken(self, number: PhoneNumber) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Nameless().create(number)
        assert Member.objects.count() == 0

    def test_of_a_sign_up_is_loud_and_tells_no_values(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = True
        settings.SMS_VERIFICATION_ACCOUNTS = "tests.test_accounts_user_field.Nameless"
        verification = start(ALICE, "login")
        code = right_code(verification.pk)
        with pytest.raises(IntegrityError) as caught:
            logins.by_code(verification.pk, code, None)
        assert ALICE not in str(caught.value)


class Mobiles(UserFieldAccounts):
    field = "mobile"


class TestNumberAsName:
    """A user model whose name is the number."""

    @pytest.fixture(autouse=True)
    def _subscribers(self, settings: Any, _members: None) -> None:
        settings.AUTH_USER_MODEL = "tests.Subscriber"
        settings.SMS_VERIFICATION_ACCOUNTS = "tests.test_accounts_user_field.Mobiles"

    def test_is_found_by_its_own_field(self, number: PhoneNumber) -> None:
        alice = Subscriber.objects.create(mobile=ALICE)
        assert get_accounts().find(number) == alice

    def test_is_given_to_a_new_user(self, number: PhoneNumber) -> None:
        user = get_accounts().create(number)
        assert user.get_username() == ALICE
        assert get_accounts().find(number) == user

    def test_can_sign_up_by_code(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = True
        verification = start(ALICE, "login")
        user = logins.by_code(verification.pk, right_code(verification.pk), None)
        assert user == Subscriber.objects.get(mobile=ALICE)


class TestFlow:
    def test_sends_to_who_has_the_number(self, outbox: list[SmsMessage]) -> None:
        Member.objects.create(username="alice", phone_number=ALICE)
        verification = start(ALICE, "login")
        user = logins.by_code(verification.pk, outbox[0].code, None)
        assert user.get_username() == "alice"

    def test_withholds_from_who_has_not(self, outbox: list[SmsMessage]) -> None:
        start(ALICE, "login")
        assert outbox == []
        assert Delivery.objects.get().outcome == "withheld"
