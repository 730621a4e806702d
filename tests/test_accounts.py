from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from sms_verification.accounts import Accounts, LinkedAccounts, get_accounts
from sms_verification.exceptions import PhoneNumberTaken
from sms_verification.models import PhoneNumber
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

    def test_leaves_no_user_where_the_number_is_another_s(
        self, owned: PhoneNumber
    ) -> None:
        with pytest.raises(PhoneNumberTaken):
            accounts.create(owned)
        assert User.objects.get() == owned.user


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
