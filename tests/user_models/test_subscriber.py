"""A user model that is named by the number."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from sms_verification import proofs, registrations
from sms_verification.exceptions import InvalidCode, InvalidFields, PhoneNumberTaken
from sms_verification.models import PhoneNumber
from sms_verification.types import Evidence
from sms_verification.verifications import start
from tests.factories import PhoneNumberFactory, VerificationFactory
from tests.models import Subscriber
from tests.phones import ALICE, BOB, right_code
from tests.user_models.hosts import Mobiles

pytestmark = pytest.mark.django_db

accounts = Mobiles()


def subscriber(name: str) -> Subscriber:
    return Subscriber.objects.create(mobile=name)


def name_of(user: Any) -> str:
    return Subscriber.objects.get(pk=user.pk).mobile


def is_placeholder(name: str) -> bool:
    """Nothing that a number could be, and nothing that tells one."""
    return bool(re.fullmatch(r"-[0-9a-f]{12}", name))


@pytest.fixture
def alice(number: PhoneNumber) -> Any:
    """Has proved her number."""
    user = subscriber(ALICE)
    accounts.link(number, user)
    return user


class TestMobiles:
    def test_need_not_be_empty(self) -> None:
        assert list(accounts.check()) == []

    def test_a_name_alone_proves_nothing(self, number: PhoneNumber) -> None:
        mallory = subscriber(ALICE)
        assert accounts.find(number) is None
        assert accounts.exists(number) is False
        assert accounts.number_of(mallory.pk) is None

    def test_a_link_makes_it_the_user_s(self, alice: Any, number: PhoneNumber) -> None:
        assert accounts.find(number) == alice
        assert accounts.number_of(alice.pk) == number

    def test_create_names_the_user_by_the_number(self, number: PhoneNumber) -> None:
        user = accounts.create(number)
        assert user.get_username() == name_of(user) == ALICE
        assert accounts.find(number) == user

    def test_create_takes_a_name_that_was_only_typed(self, number: PhoneNumber) -> None:
        mallory = subscriber(ALICE)
        user = accounts.create(number)
        assert accounts.find(number) == user != mallory
        assert is_placeholder(name_of(mallory))

    def test_create_takes_none_that_was_proved(
        self, alice: Any, number: PhoneNumber
    ) -> None:
        with pytest.raises(PhoneNumberTaken):
            accounts.create(number)
        assert Subscriber.objects.get() == alice
        assert name_of(alice) == ALICE

    def test_link_takes_a_name_that_was_only_typed(self, number: PhoneNumber) -> None:
        mallory, bob = subscriber(ALICE), subscriber(BOB)
        accounts.link(number, bob)
        assert accounts.find(number) == bob
        assert name_of(bob) == ALICE
        assert is_placeholder(name_of(mallory))

    def test_unlink_leaves_a_placeholder(self, alice: Any, number: PhoneNumber) -> None:
        assert accounts.unlink(number, alice) is True
        assert is_placeholder(name_of(alice))
        assert accounts.number_of(alice.pk) is None

    def test_two_placeholders_are_not_the_same(
        self, alice: Any, number: PhoneNumber, other: PhoneNumber
    ) -> None:
        bob = subscriber(BOB)
        accounts.link(other, bob)
        accounts.unlink(number, alice)
        accounts.unlink(other, bob)
        names = {name_of(alice), name_of(bob)}
        assert len(names) == 2
        assert all(map(is_placeholder, names))


def test_nobody_chooses_a_name() -> None:
    """It would tell who has an account: one that has is taken."""
    subscriber(BOB)
    for name in [BOB, "+8613700137000"]:
        row = VerificationFactory(
            purpose="register",
            phone_number=PhoneNumberFactory(),
            approved_at=timezone.now(),
        )
        shown = Evidence(proof=proofs.write(row.pk))
        with pytest.raises(InvalidFields) as caught:
            registrations.register(shown, None, username=name)
        assert caught.value.fields == {
            "username": ["Leave this out: the phone number is the name."]
        }


def test_a_taken_over_number_leaves_the_old_user_a_placeholder(
    alice: Any, settings: Any
) -> None:
    settings.SMS_VERIFICATION_ACCOUNTS = "tests.user_models.hosts.Handing"
    started = start(ALICE, "register")
    shown = Evidence(verification_id=started.pk, code=right_code(started.pk))
    user = registrations.register(shown, None, not_my_account=True)
    assert name_of(user) == ALICE
    assert is_placeholder(name_of(alice))
    with pytest.raises(InvalidCode):
        registrations.register(shown, None, not_my_account=True)
