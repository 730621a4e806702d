"""A new number for who is signed in, with a password or without."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from sms_verification.accounts import LinkedAccounts
from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import SmsMessage
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import ALICE, BOB, right_code

pytestmark = pytest.mark.django_db

NUMBER = "/account/change-number/"
CODE = "/account/change-number/code/"
PRESENT = "/account/change-number/present/"
PRESENT_CODE = "/account/change-number/present/code/"
PROFILE = "/accounts/profile/"
PASSWORD = "snow over the pines"
NEW = BOB


class GenerousAccounts(LinkedAccounts):
    def may_take_over(self, number: PhoneNumber, owner: Any) -> bool:
        return True


@pytest.fixture
def alice() -> User:
    user: User = UserFactory()
    PhoneNumberFactory(number=ALICE, user=user)
    return user


def own_number(user: User) -> str:
    return PhoneNumber.objects.get(user=user).number


def held_code(client: Client) -> str:
    return right_code(client.session["sms_verification"]["change_phone"])


class AnonymousTests:
    @pytest.mark.parametrize("path", [NUMBER, CODE, PRESENT, PRESENT_CODE])
    def test_sign_in_first(self, client: Client, path: str, settings: Any) -> None:
        settings.LOGIN_URL = "/login/"
        for response in (client.get(path), client.post(path)):
            assertRedirects(
                response, f"/login/?next={path}", fetch_redirect_response=False
            )


class WithPasswordTests:
    @pytest.fixture(autouse=True)
    def _signed_in(self, client: Client, alice: User) -> None:
        alice.set_password(PASSWORD)
        alice.save()
        client.force_login(alice)

    def begin(self, client: Client) -> str:
        response = client.post(NUMBER, {"phone_number": NEW})
        assertRedirects(response, CODE, fetch_redirect_response=False)
        return held_code(client)

    def test_the_present_number_is_shown_masked(self, client: Client) -> None:
        page = client.get(NUMBER)
        assertContains(page, "+86138****8000")
        assertNotContains(page, "13800138000")

    def test_changes_the_number(
        self, client: Client, alice: User, outbox: list[SmsMessage]
    ) -> None:
        code = self.begin(client)
        response = client.post(CODE, {"code": code, "password": PASSWORD})
        assertRedirects(response, PROFILE, fetch_redirect_response=False)
        assert own_number(alice) == NEW
        assert (outbox[-1].phone_number, outbox[-1].purpose) == (ALICE, "phone_changed")

    def test_keeps_this_session_and_ends_the_others(
        self, client: Client, alice: User
    ) -> None:
        thief = Client()
        thief.force_login(alice)
        code = self.begin(client)
        client.post(CODE, {"code": code, "password": PASSWORD})
        assert str(alice) in client.get(PROFILE).text
        assert "AnonymousUser" in thief.get(PROFILE).text

    def test_without_the_password_no_code_is_spent(
        self, client: Client, alice: User
    ) -> None:
        """A34: a thief has the session, and a phone."""
        response = client.post(CODE, {"code": self.begin(client)})
        assert response.status_code == 200
        assert Verification.objects.get().approved_at is None
        assert own_number(alice) == ALICE

    def test_a_wrong_password_asks_for_no_second_code(
        self, client: Client, alice: User
    ) -> None:
        code = self.begin(client)
        response = client.post(CODE, {"code": code, "password": "open sesame"})
        assertContains(response, "This is not your password.")
        assertNotContains(response, 'name="code"')
        client.post(CODE, {"password": PASSWORD})
        assert own_number(alice) == NEW

    def test_so_many_wrong_passwords_and_no_more(
        self, client: Client, alice: User
    ) -> None:
        code = self.begin(client)
        for _ in range(5):
            client.post(CODE, {"code": code, "password": "open sesame"})
        client.post(CODE, {"password": PASSWORD})
        assert own_number(alice) == ALICE

    def test_a_number_of_another_account_is_told(
        self, client: Client, alice: User
    ) -> None:
        PhoneNumberFactory(number=NEW, user=UserFactory())
        code = self.begin(client)
        response = client.post(CODE, {"code": code, "password": PASSWORD})
        assertContains(response, "belongs to another account")
        assert own_number(alice) == ALICE

    def test_the_number_of_an_idle_account_is_had_by_who_says_so(
        self, client: Client, alice: User, settings: Any
    ) -> None:
        """A38."""
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.GenerousAccounts"
        owner = UserFactory()
        PhoneNumberFactory(number=NEW, user=owner)
        data = {"code": self.begin(client), "password": PASSWORD}
        page = client.post(CODE, data)
        assertContains(page, "belongs to another account")
        assertContains(page, 'name="not_my_account"')
        assert own_number(owner) == NEW
        client.post(CODE, {"password": PASSWORD, "not_my_account": "1"})
        assert own_number(alice) == NEW


class WithoutPasswordTests:
    @pytest.fixture(autouse=True)
    def _signed_in(self, client: Client, alice: User) -> None:
        alice.set_unusable_password()
        alice.save()
        client.force_login(alice)

    def prove_present(self, client: Client) -> Any:
        response = client.post(PRESENT)
        assertRedirects(response, PRESENT_CODE, fetch_redirect_response=False)
        return client.post(PRESENT_CODE, {"code": held_code(client)})

    def test_the_present_number_comes_first(
        self, client: Client, outbox: list[SmsMessage]
    ) -> None:
        assertRedirects(client.get(NUMBER), PRESENT)
        client.post(PRESENT, {"phone_number": NEW})
        assert [sms.phone_number for sms in outbox] == [ALICE]

    def test_then_the_new_one(self, client: Client, alice: User) -> None:
        assertRedirects(self.prove_present(client), NUMBER)
        client.post(NUMBER, {"phone_number": NEW})
        assertNotContains(client.get(CODE), 'name="password"')
        response = client.post(CODE, {"code": held_code(client)})
        assertRedirects(response, PROFILE, fetch_redirect_response=False)
        assert own_number(alice) == NEW

    def test_where_it_leads_is_kept_on_the_way(self, client: Client) -> None:
        response = client.get(f"{NUMBER}?next=/admin/")
        assertRedirects(response, f"{PRESENT}?next=%2Fadmin%2F")

    def test_a_proof_that_is_too_old_is_asked_for_anew(
        self, clock: time_machine.Traveller, client: Client
    ) -> None:
        self.prove_present(client)
        clock.shift(timedelta(minutes=10))
        assertRedirects(client.get(NUMBER), PRESENT)

    def test_a_code_of_the_new_number_proves_no_present_one(
        self, client: Client, alice: User
    ) -> None:
        """A34: a thief types a number of his own into the address of the next step."""
        self.prove_present(client)
        client.post(NUMBER, {"phone_number": NEW})
        response = client.post(PRESENT_CODE, {"code": held_code(client)})
        assertRedirects(response, PRESENT)
        assert own_number(alice) == ALICE

    def test_who_has_no_number_either_is_told(
        self, client: Client, alice: User
    ) -> None:
        PhoneNumber.objects.update(user=None)
        assertContains(client.get(PRESENT), "has no phone number")
        assertContains(client.post(PRESENT), "has no phone number")

    def test_a_present_number_proved_by_the_api_is_proved(
        self, client: Client, alice: User
    ) -> None:
        """It is kept where the new one's would be: the page asks for its code."""
        client.post(PRESENT)
        pk = client.session["sms_verification"]["change_phone"]
        client.post(
            f"/sms/verifications/{pk}/check/",
            {"code": right_code(pk)},
            content_type="application/json",
        )
        assert client.get(PRESENT_CODE).status_code == 200
        assert client.post(PRESENT_CODE, {}).status_code == 200

    def test_who_has_neither_is_told_before_an_sms_is_paid_for(
        self, client: Client, alice: User, outbox: list[SmsMessage]
    ) -> None:
        PhoneNumber.objects.update(user=None)
        for page in [client.get(NUMBER), client.post(NUMBER, {"phone_number": NEW})]:
            assertContains(page, "Set a password for your account first.")
            assertNotContains(page, 'name="phone_number"')
        assert outbox == []
