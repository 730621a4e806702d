"""A user model with a name, and a field for the number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from sms_verification import logins, number_changes
from sms_verification.accounts import UserFieldAccounts
from sms_verification.exceptions import InvalidFields, PhoneNumberTaken
from sms_verification.models import Delivery, PhoneNumber
from sms_verification.types import Evidence, SmsMessage
from sms_verification.verifications import start
from tests.api.test_enumeration import NOBODYS, OWNED, visit_both
from tests.factories import PhoneNumberFactory, VerificationFactory
from tests.models import Member
from tests.phones import ALICE, BOB, right_code
from tests.user_models.hosts import Demanded, Forgetful, Mobiles, Shared

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
accounts = UserFieldAccounts()


def member(name: str, number: str | None = None) -> Member:
    return Member.objects.create(username=name, phone_number=number)


def field_of(user: Any) -> str | None:
    return Member.objects.get(pk=user.pk).phone_number


@pytest.fixture
def alice(number: PhoneNumber) -> Any:
    """Has proved her number."""
    user = member("alice")
    accounts.link(number, user)
    return user


class TestFind:
    def test_returns_whose_number_it_is(self, alice: Any, number: PhoneNumber) -> None:
        member("bob", BOB)
        assert accounts.find(number) == alice
        assert accounts.exists(number) is True
        assert accounts.number_of(alice.pk) == number

    def test_a_field_alone_proves_nothing(self, number: PhoneNumber) -> None:
        mallory = member("mallory", ALICE)
        assert accounts.find(number) is None
        assert accounts.exists(number) is False
        assert accounts.number_of(mallory.pk) is None

    def test_a_link_alone_is_outdated(self, alice: Any, number: PhoneNumber) -> None:
        Member.objects.update(phone_number=BOB)
        number.refresh_from_db()
        assert number.user == alice
        assert accounts.find(number) is None
        assert accounts.exists(number) is False
        assert accounts.number_of(alice.pk) is None

    def test_a_link_and_the_field_of_another_prove_nothing(
        self, alice: Any, number: PhoneNumber
    ) -> None:
        Member.objects.update(phone_number=None)
        mallory = member("mallory", ALICE)
        assert accounts.find(number) is None
        assert accounts.number_of(mallory.pk) is None


class TestNeverSeen:
    """A number without a row is nobody's, whoever has typed it."""

    def test_is_nobodys(self) -> None:
        number = PhoneNumber(number=ALICE)
        member("mallory", ALICE)
        assert accounts.find(number) is None
        assert accounts.exists(number) is False

    def test_in_a_field_is_linked_by_the_command(self) -> None:
        alice = member("alice", ALICE)
        options = {"field": "phone_number", "verified": "is_active", "apply": True}
        call_command("sms_link_numbers", **options, stdout=StringIO())
        assert accounts.find(PhoneNumber.objects.get(number=ALICE)) == alice


class TestWrittenField:
    """A thief with the session of a user whose profile is a form."""

    @pytest.fixture
    def robbed(self, alice: Any) -> Any:
        earlier = timezone.now() - timedelta(hours=1)
        PhoneNumber.objects.update(verified_at=earlier)
        Member.objects.filter(pk=alice.pk).update(phone_number=None)
        alice.refresh_from_db()
        return alice

    def shown(self, user: Any) -> Evidence:
        number = PhoneNumberFactory(number=BOB)
        row = VerificationFactory(
            purpose="change_phone", phone_number=number, user=user
        )
        return Evidence(verification_id=row.pk, code=right_code(row.pk))

    def test_leaves_the_present_number_to_be_proved(
        self, robbed: Any, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_ACCOUNTS = "tests.user_models.hosts.Knowing"
        robbed.set_unusable_password()
        robbed.save()
        with pytest.raises(InvalidFields) as caught:
            number_changes.change(self.shown(robbed), robbed, None)
        assert list(caught.value.fields) == ["old_proof"]

    def test_leaves_the_present_number_to_be_told(
        self, robbed: Any, outbox: list[SmsMessage]
    ) -> None:
        robbed.set_password("snow over the pines")
        robbed.save()
        number_changes.change(
            self.shown(robbed), robbed, None, password="snow over the pines"
        )
        assert [(m.phone_number, m.purpose) for m in outbox] == [
            (ALICE, "phone_changed")
        ]


class TestCheck:
    def test_a_unique_field_that_may_be_empty_will_do(self) -> None:
        assert list(accounts.check()) == []

    def test_the_name_may_be_the_number(self) -> None:
        """It is unique, and need not be empty: a placeholder stands in."""
        assert list(Demanded().check()) == []

    @pytest.mark.parametrize("kind", [Shared, Mobiles])
    def test_a_field_that_two_can_share_or_that_is_not_there_will_not_do(
        self, kind: type[UserFieldAccounts]
    ) -> None:
        (found,) = kind().check()
        assert found.id == "sms_verification.E105"
        assert repr(kind.field) in found.msg
        assert kind.__name__ in found.msg

    def test_a_unique_field_that_may_not_be_empty_will_not_do(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Member._meta.get_field("phone_number"), "null", False)
        assert [found.id for found in accounts.check()] == ["sms_verification.E105"]


class TestLink:
    def test_makes_the_number_the_user_s(self, number: PhoneNumber, clock: Any) -> None:
        alice = member("alice")
        accounts.link(number, alice)
        row = PhoneNumber.objects.get()
        assert (row.user, row.verified_at) == (alice, NOON)
        assert alice.phone_number == field_of(alice) == ALICE

    def test_again_is_no_conflict(
        self, number: PhoneNumber, clock: time_machine.Traveller
    ) -> None:
        alice = member("alice")
        accounts.link(number, alice)
        clock.shift(60)
        accounts.link(number, alice)
        row = PhoneNumber.objects.get()
        assert row.user == alice
        assert row.verified_at > NOON
        assert field_of(alice) == ALICE

    def test_takes_no_number_from_who_proved_it(
        self, alice: Any, number: PhoneNumber
    ) -> None:
        bob = member("bob")
        with pytest.raises(PhoneNumberTaken) as caught:
            accounts.link(number, bob)
        assert PhoneNumber.objects.get().user == alice
        assert (field_of(alice), field_of(bob)) == (ALICE, None)
        assert ALICE not in str(caught.value)

    def test_takes_it_from_who_only_typed_it(self, number: PhoneNumber) -> None:
        mallory, alice = member("mallory", ALICE), member("alice")
        accounts.link(number, alice)
        assert accounts.find(number) == alice
        assert (field_of(mallory), field_of(alice)) == (None, ALICE)

    def test_overwrites_what_the_user_only_typed(self, number: PhoneNumber) -> None:
        alice = member("alice", BOB)
        accounts.link(number, alice)
        assert alice.phone_number == field_of(alice) == ALICE

    def test_gives_no_user_a_second_number(
        self, alice: Any, number: PhoneNumber, other: PhoneNumber
    ) -> None:
        mallory = member("mallory", BOB)
        with pytest.raises(PhoneNumberTaken) as caught:
            accounts.link(other, alice)
        assert accounts.number_of(alice.pk) == number
        assert (field_of(alice), field_of(mallory)) == (ALICE, BOB)
        assert BOB not in str(caught.value)
        assert caught.value.__suppress_context__ is True


class TestOutdatedLink:
    def test_of_another_gives_way(self, alice: Any, number: PhoneNumber) -> None:
        Member.objects.update(phone_number=None)
        bob = member("bob")
        number.refresh_from_db()
        accounts.link(number, bob)
        assert accounts.find(number) == bob
        assert accounts.number_of(alice.pk) is None
        assert field_of(alice) is None

    def test_of_another_gives_way_to_a_new_user(
        self, alice: Any, number: PhoneNumber
    ) -> None:
        Member.objects.update(phone_number=BOB)
        number.refresh_from_db()
        newcomer = accounts.create(number)
        assert accounts.find(number) == newcomer != alice
        assert field_of(alice) == BOB

    @pytest.mark.parametrize("written", [None, BOB, "+8613700137000"])
    def test_of_the_user_s_own_gives_way(
        self, alice: Any, number: PhoneNumber, other: PhoneNumber, written: str | None
    ) -> None:
        alice.phone_number = written
        alice.save()
        accounts.link(other, alice)
        assert accounts.number_of(alice.pk) == other
        number.refresh_from_db()
        assert (number.user, number.verified_at) == (None, None)
        assert field_of(alice) == BOB

    def test_is_left_to_who_has_proved_it_meanwhile(
        self, number: PhoneNumber, other: PhoneNumber
    ) -> None:
        """The row was read before somebody else's link replaced the outdated one."""
        stale = PhoneNumber.objects.get(pk=number.pk)
        stale.user = member("carol")
        bob = member("bob")
        accounts.link(number, bob)
        Member.objects.filter(pk=bob.pk).update(phone_number=None)
        with pytest.raises(PhoneNumberTaken):
            accounts.link(stale, member("mallory"))
        assert PhoneNumber.objects.get(pk=number.pk).user == bob


class TestUnlink:
    def test_takes_the_number_and_empties_the_field(
        self, alice: Any, number: PhoneNumber
    ) -> None:
        assert accounts.unlink(number, alice) is True
        row = PhoneNumber.objects.get()
        assert (row.user, row.verified_at) == (None, None)
        assert field_of(alice) is None
        assert accounts.unlink(number, alice) is False

    def test_takes_nothing_from_another(self, alice: Any, number: PhoneNumber) -> None:
        assert accounts.unlink(number, member("bob")) is False
        assert accounts.find(number) == alice

    def test_leaves_what_was_written_since(
        self, alice: Any, number: PhoneNumber
    ) -> None:
        Member.objects.update(phone_number=BOB)
        carol = member("carol", ALICE)
        assert accounts.unlink(number, alice) is True
        assert (field_of(alice), field_of(carol)) == (BOB, ALICE)


class TestCreate:
    def test_makes_a_user_of_the_number(self, number: PhoneNumber, clock: Any) -> None:
        created: Any = accounts.create(number)
        row = Member.objects.get()
        assert created == row
        assert row.phone_number == ALICE
        assert row.has_usable_password() is False
        assert row.username.startswith("user_")
        assert PhoneNumber.objects.get().verified_at == NOON

    def test_saves_the_user_that_is_given(self, number: PhoneNumber) -> None:
        given = Member(username="alice", phone_number=BOB)
        given.set_password("a long phrase")
        assert accounts.create(number, given) is given
        row = Member.objects.get()
        assert (row.username, row.phone_number) == ("alice", ALICE)
        assert row.check_password("a long phrase")

    def test_empties_the_field_of_who_only_typed_it(self, number: PhoneNumber) -> None:
        mallory = member("mallory", ALICE)
        assert accounts.find(number) is None
        created = accounts.create(number)
        assert accounts.find(number) == created
        assert field_of(mallory) is None

    def test_leaves_no_user_where_the_number_is_another_s(
        self, alice: Any, number: PhoneNumber
    ) -> None:
        with pytest.raises(PhoneNumberTaken):
            accounts.create(number)
        assert Member.objects.get() == alice
        assert field_of(alice) == ALICE


class TestHostsMistake:
    def test_is_not_told_as_a_number_taken(self, number: PhoneNumber) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Forgetful().create(number)
        assert Member.objects.count() == 0

    def test_of_a_sign_up_is_loud_and_leaves_no_user(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = True
        settings.SMS_VERIFICATION_ACCOUNTS = "tests.user_models.hosts.Forgetful"
        verification = start(ALICE, "login")
        code = right_code(verification.pk)
        with pytest.raises(IntegrityError):
            logins.by_code(verification.pk, code, None)
        assert Member.objects.count() == 0


class TestSending:
    def test_withholds_from_who_only_typed_the_number(
        self, outbox: list[SmsMessage]
    ) -> None:
        member("mallory", ALICE)
        start(ALICE, "login")
        assert outbox == []
        assert Delivery.objects.get().outcome == "withheld"

    @pytest.mark.parametrize("purpose", ["login", "reset_password"])
    def test_tells_nobody_who_has_an_account(
        self, purpose: str, clock: time_machine.Traveller, outbox: list[SmsMessage]
    ) -> None:
        """A42."""
        accounts.link(PhoneNumberFactory(number=OWNED), member("alice"))
        PhoneNumberFactory(number=NOBODYS)
        owner, stranger = visit_both(purpose, clock)
        assert [message.phone_number for message in outbox] == [OWNED, OWNED]
        assert stranger.seen == owner.seen
        assert stranger.statements == owner.statements
