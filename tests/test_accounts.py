from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
from rest_framework_simplejwt.tokens import RefreshToken

from sms_verification.accounts import Accounts, LinkedAccounts, get_accounts
from sms_verification.exceptions import PhoneNumberTaken
from sms_verification.models import PhoneNumber
from sms_verification.types import Client
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import ALICE

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
accounts = LinkedAccounts()


@pytest.fixture
def number() -> PhoneNumber:
    return PhoneNumberFactory(number=ALICE)


@pytest.fixture
def owned() -> PhoneNumber:
    return PhoneNumberFactory(number=ALICE, user=UserFactory())


class TestFind:
    def test_returns_whose_number_it_is(self, owned: PhoneNumber) -> None:
        PhoneNumberFactory(user=UserFactory())
        assert accounts.find(owned) == owned.user
        assert accounts.exists(owned) is True

    def test_returns_none_for_nobody_s(self, number: PhoneNumber) -> None:
        assert accounts.find(number) is None
        assert accounts.exists(number) is False

    def test_reads_the_row_and_not_what_was_read_before(
        self, number: PhoneNumber
    ) -> None:
        user = UserFactory()
        PhoneNumber.objects.update(user=user)
        assert accounts.find(number) == user

    def test_asks_nothing_to_know_whether_there_is_one(
        self, owned: PhoneNumber, django_assert_num_queries: Any
    ) -> None:
        """Or a number without account would be told by the time it takes."""
        row = PhoneNumber.objects.get()
        with django_assert_num_queries(0):
            assert accounts.exists(row) is True


class TestLink:
    def test_makes_the_number_the_user_s(self, number: PhoneNumber, clock: Any) -> None:
        user = UserFactory()
        accounts.link(number, user)
        row = PhoneNumber.objects.get()
        assert (row.user, row.verified_at) == (user, NOON)

    def test_again_is_no_conflict(self, owned: PhoneNumber) -> None:
        accounts.link(owned, owned.user)
        row = PhoneNumber.objects.get()
        assert row.user == owned.user
        assert row.verified_at is not None

    def test_takes_no_number_from_another(self, owned: PhoneNumber) -> None:
        with pytest.raises(PhoneNumberTaken):
            accounts.link(owned, UserFactory())
        assert PhoneNumber.objects.get().user == owned.user

    def test_gives_no_user_a_second_number(self, owned: PhoneNumber) -> None:
        second = PhoneNumberFactory()
        with pytest.raises(PhoneNumberTaken) as caught:
            accounts.link(second, owned.user)
        second.refresh_from_db()
        assert (second.user, second.verified_at) == (None, None)
        assert second.number not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ is True

    def test_tells_the_row_that_was_given(self, number: PhoneNumber) -> None:
        user = UserFactory()
        accounts.link(number, user)
        row = PhoneNumber.objects.get()
        assert (number.user_id, number.verified_at) == (user.pk, row.verified_at)

    def test_takes_no_number_that_somebody_got_meanwhile(
        self, number: PhoneNumber
    ) -> None:
        first = UserFactory()
        PhoneNumber.objects.update(user=first)
        with pytest.raises(PhoneNumberTaken):
            accounts.link(number, UserFactory())
        assert PhoneNumber.objects.get().user == first


class TestNumberOf:
    def test_is_the_one_that_the_user_has_proved(self, owned: PhoneNumber) -> None:
        PhoneNumberFactory(user=UserFactory())
        assert accounts.number_of(owned.user_id) == owned

    def test_is_none_of_who_has_proved_none(self, owned: PhoneNumber) -> None:
        assert accounts.number_of(UserFactory().pk) is None

    def test_is_none_of_nobody(self, number: PhoneNumber) -> None:
        """Numbers that are nobody's are not the number of who is not signed in."""
        assert accounts.number_of(None) is None


class TestUnlink:
    def test_takes_the_number_from_its_user(self, owned: PhoneNumber) -> None:
        PhoneNumber.objects.update(verified_at=NOON)
        assert accounts.unlink(owned, owned.user) is True
        row = PhoneNumber.objects.get()
        assert (row.user, row.verified_at) == (None, None)
        assert accounts.unlink(owned, owned.user) is False

    def test_takes_nothing_from_another(self, owned: PhoneNumber) -> None:
        assert accounts.unlink(owned, UserFactory()) is False
        assert accounts.find(owned) == owned.user

    def test_leaves_other_numbers_of_the_user_alone(self, owned: PhoneNumber) -> None:
        assert accounts.unlink(PhoneNumberFactory(), owned.user) is False
        assert accounts.number_of(owned.user_id) == owned


class TestCreate:
    def test_makes_a_user_of_the_number(self, number: PhoneNumber) -> None:
        user = accounts.create(number)
        assert User.objects.get() == user
        assert accounts.find(number) == user

    def test_gives_the_user_no_password_that_works(self, number: PhoneNumber) -> None:
        """A37."""
        accounts.create(number)
        assert User.objects.get().has_usable_password() is False

    def test_gives_the_user_no_rights(self, number: PhoneNumber) -> None:
        accounts.create(number)
        user = User.objects.get()
        assert (user.is_staff, user.is_superuser, user.is_active) == (
            False,
            False,
            True,
        )

    def test_names_the_user_without_the_number(self, number: PhoneNumber) -> None:
        name = accounts.create(number).get_username()
        other = accounts.create(PhoneNumberFactory()).get_username()
        assert re.fullmatch(r"user_[0-9a-f]{12}", name)
        assert name != other

    def test_saves_the_user_that_is_given(self, number: PhoneNumber) -> None:
        given = User(username="alice")
        given.set_password("a long phrase")
        assert accounts.create(number, given) is given
        row = User.objects.get()
        assert row.username == "alice"
        assert row.check_password("a long phrase")
        assert accounts.find(number) == row

    def test_leaves_no_user_where_the_number_is_another_s(
        self, owned: PhoneNumber
    ) -> None:
        with pytest.raises(PhoneNumberTaken):
            accounts.create(owned)
        assert User.objects.get() == owned.user


class Bare:
    """A user of a model without rights."""

    is_active = True


class TestMayEnter:
    @pytest.mark.parametrize("allowed", [True, False])
    def test_an_active_user_may(self, settings: Any, allowed: bool) -> None:
        settings.SMS_VERIFICATION_ALLOW_STAFF = allowed
        assert accounts.may_enter(User()) is True

    @pytest.mark.parametrize("allowed", [True, False])
    def test_an_inactive_one_may_not(self, settings: Any, allowed: bool) -> None:
        settings.SMS_VERIFICATION_ALLOW_STAFF = allowed
        assert accounts.may_enter(User(is_active=False)) is False
        assert accounts.may_enter(User(is_active=False, is_staff=True)) is False

    @pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
    def test_staff_may_where_the_host_says_so(self, settings: Any, right: str) -> None:
        user = User(**{right: True})
        assert accounts.may_enter(user) is False
        settings.SMS_VERIFICATION_ALLOW_STAFF = True
        assert accounts.may_enter(user) is True

    def test_who_can_have_no_rights_may(self) -> None:
        user: Any = Bare()
        assert accounts.may_enter(user) is True


class SecondFactor(LinkedAccounts):
    def needs_step_up(self, user: Any, purpose: str) -> bool:
        return True


class Careful(LinkedAccounts):
    def is_dormant(self, number: PhoneNumber, user: Any) -> bool:
        return True


class TestStepsUp:
    def test_is_no_business_of_the_app_s_own(self) -> None:
        assert accounts.needs_step_up(User(), "login") is False
        assert accounts.steps_up is False

    def test_may_happen_where_users_can_be_dormant(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_DORMANT_AFTER = timedelta(days=90)
        assert accounts.steps_up is True

    @pytest.mark.parametrize("kind", [SecondFactor, Careful])
    def test_may_happen_where_the_host_says_so(
        self, kind: type[LinkedAccounts]
    ) -> None:
        assert kind().steps_up is True

    def test_may_not_for_what_else_a_host_changes(self) -> None:
        assert Hosts().steps_up is False


AGES_AGO = NOON - timedelta(days=5000)
JUST_NOW = NOON - timedelta(minutes=1)
A_BIT_OVER = NOON - timedelta(days=90, seconds=1)
ON_THE_DAY = NOON - timedelta(days=90)
A_BIT_UNDER = NOON - timedelta(days=90) + timedelta(seconds=1)


class TestIsDormant:
    @pytest.mark.parametrize(
        ("last_login", "verified_at", "dormant"),
        [
            (None, None, True),
            (AGES_AGO, AGES_AGO, True),
            (JUST_NOW, AGES_AGO, False),
            (AGES_AGO, JUST_NOW, False),
            (None, JUST_NOW, False),
            (JUST_NOW, None, False),
            (None, A_BIT_OVER, True),
            (ON_THE_DAY, None, True),
            (A_BIT_UNDER, None, False),
        ],
    )
    def test_counts_from_when_either_was_seen(
        self,
        settings: Any,
        clock: Any,
        last_login: datetime | None,
        verified_at: datetime | None,
        dormant: bool,
    ) -> None:
        settings.SMS_VERIFICATION_DORMANT_AFTER = timedelta(days=90)
        user = User(last_login=last_login)
        number = PhoneNumber(number=ALICE, verified_at=verified_at)
        assert accounts.is_dormant(number, user) is dormant
        # Who has the number now, and says so, gets what lies unused.
        assert accounts.may_take_over(number, user) is dormant

    def test_is_nobody_unless_the_host_says_when(self) -> None:
        number, user = PhoneNumber(number=ALICE), User()
        assert accounts.is_dormant(number, user) is False
        assert accounts.may_take_over(number, user) is False

    def test_a_host_s_own_word_decides_who_is_taken_over(self) -> None:
        number, user = PhoneNumber(number=ALICE), User()
        assert Careful().may_take_over(number, user) is True


class TestMayChangeNumber:
    def test_is_refused_to_who_can_show_nothing(self) -> None:
        assert accounts.may_change_number(User(), Client(user_pk=1)) is False
        assert accounts.may_change_number(User(), None) is False


BLACKLIST = "rest_framework_simplejwt.token_blacklist"
TOKENS = "rest_framework.authtoken"


def _refusals(tokens: list[RefreshToken]) -> list[bool]:
    """Whether each of the refresh tokens is refused by now."""
    return [
        BlacklistedToken.objects.filter(token__jti=t["jti"]).exists() for t in tokens
    ]


class TestRevoke:
    def test_ends_the_tokens_of_the_user(self) -> None:
        alice, bob = UserFactory(), UserFactory()
        for user in alice, bob:
            Token.objects.create(user=user)
        accounts.revoke(alice)
        assert [token.user for token in Token.objects.all()] == [bob]

    def test_ends_the_refresh_tokens_of_the_user(self) -> None:
        alice, bob = UserFactory(), UserFactory()
        tokens = [RefreshToken.for_user(user) for user in (alice, alice, bob)]
        accounts.revoke(alice)
        assert _refusals(tokens) == [True, True, False]
        with pytest.raises(TokenError):
            RefreshToken(str(tokens[0]))
        RefreshToken(str(tokens[2]))

    def test_leaves_those_that_ended_before(self) -> None:
        alice = UserFactory()
        tokens = [RefreshToken.for_user(alice) for _ in range(2)]
        tokens[0].blacklist()
        ended = BlacklistedToken.objects.get()
        accounts.revoke(alice)
        accounts.revoke(alice)
        assert _refusals(tokens) == [True, True]
        assert BlacklistedToken.objects.count() == 2
        again = BlacklistedToken.objects.get(pk=ended.pk)
        assert again.blacklisted_at == ended.blacklisted_at

    @pytest.mark.parametrize(
        ("missing", "refused", "kept"),
        [(BLACKLIST, False, 0), (TOKENS, True, 1)],
    )
    def test_asks_for_no_app_that_is_not_installed(
        self, settings: Any, missing: str, refused: bool, kept: int
    ) -> None:
        alice = UserFactory()
        Token.objects.create(user=alice)
        token = RefreshToken.for_user(alice)
        left = [app for app in settings.INSTALLED_APPS if app != missing]
        settings.INSTALLED_APPS = left
        accounts.revoke(alice)
        assert Token.objects.count() == kept
        assert _refusals([token]) == [refused]


class Hosts(LinkedAccounts):
    """A host's, whose users need an e-mail address."""

    def build_user(self, number: PhoneNumber) -> Any:
        user: Any = super().build_user(number)
        user.email = "nobody@example.com"
        return user


class TestGetAccounts:
    def test_is_the_link_unless_the_host_says_otherwise(self) -> None:
        assert type(get_accounts()) is LinkedAccounts

    def test_is_the_host_s_choice(self, settings: Any, number: PhoneNumber) -> None:
        settings.SMS_VERIFICATION_ACCOUNTS = "tests.test_accounts.Hosts"
        get_accounts().create(number)
        assert get_user_model().objects.get().email == "nobody@example.com"

    def test_of_the_link_demands_nothing_of_the_user_model(self) -> None:
        assert list(LinkedAccounts().check()) == []

    def test_must_answer_every_question(self) -> None:
        with pytest.raises(TypeError):
            Accounts()  # type: ignore[abstract]
