"""A new password by number and code, which signs nobody in."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from sms_verification.accounts import LinkedAccounts
from sms_verification.models import Verification
from sms_verification.types import SmsMessage
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import ALICE, BOB, mistyped, right_code

pytestmark = pytest.mark.django_db

NUMBER = "/account/password-reset/"
CODE = "/account/password-reset/code/"
DONE = "/account/password-reset/done/"
PASSWORD = "snow over the pines"


@pytest.fixture(autouse=True)
def alice(settings: Any) -> User:
    settings.LOGIN_URL = "/admin/login/"
    user: User = UserFactory()
    PhoneNumberFactory(number=ALICE, user=user)
    return user


def begin(client: Client, number: str = ALICE) -> str:
    response = client.post(NUMBER, {"phone_number": number})
    assertRedirects(response, CODE, fetch_redirect_response=False)
    return right_code(client.session["sms_verification"]["reset_password"])


def enter(client: Client, code: str, password: str = PASSWORD) -> Any:
    return client.post(CODE, {"code": code, "password": password})


class RightCodeTests:
    def test_sets_the_password(self, client: Client, alice: User) -> None:
        response = enter(client, begin(client))
        assertRedirects(response, DONE, fetch_redirect_response=False)
        alice.refresh_from_db()
        assert alice.check_password(PASSWORD)

    def test_signs_nobody_in(self, client: Client) -> None:
        """A36: a second factor that the host asks for at sign-in stands."""
        enter(client, begin(client))
        assert "_auth_user_id" not in client.session

    def test_leads_to_the_page_of_the_host_for_passwords(self, client: Client) -> None:
        enter(client, begin(client))
        assertContains(client.get(DONE), 'href="/admin/login/"')

    def test_ends_other_sessions(self, client: Client, alice: User) -> None:
        thief = Client()
        thief.force_login(alice)
        enter(client, begin(client))
        assert "AnonymousUser" in thief.get("/accounts/profile/").text

    def test_works_once(self, client: Client, alice: User) -> None:
        code = begin(client)
        enter(client, code)
        assertContains(enter(client, code, "another one, later"), "no longer valid")
        alice.refresh_from_db()
        assert alice.check_password(PASSWORD)


class WrongCodeTests:
    def test_changes_nothing(self, client: Client, alice: User) -> None:
        response = enter(client, mistyped(begin(client)))
        assertContains(response, "You can try 4 more times.")
        alice.refresh_from_db()
        assert not alice.check_password(PASSWORD)

    def test_a_weak_password_costs_no_check(
        self, client: Client, settings: Any
    ) -> None:
        validator = "django.contrib.auth.password_validation.MinimumLengthValidator"
        settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": validator}]
        assertContains(enter(client, begin(client), "short"), "too short")
        assert Verification.objects.get().approved_at is None

    def test_a_password_like_the_name_asks_for_no_second_code(
        self, client: Client, alice: User, settings: Any
    ) -> None:
        similar = "UserAttributeSimilarityValidator"
        settings.AUTH_PASSWORD_VALIDATORS = [
            {"NAME": f"django.contrib.auth.password_validation.{similar}"}
        ]
        User.objects.update(username="alice-liddell")
        page = enter(client, begin(client), "alice-liddell")
        assertContains(page, "too similar")
        assertNotContains(page, 'name="code"')
        assert client.post(CODE, {"password": PASSWORD}).status_code == 302
        alice.refresh_from_db()
        assert alice.check_password(PASSWORD)


class UnknownNumberTests:
    def test_looks_the_same_and_gets_no_sms(
        self, client: Client, outbox: list[SmsMessage]
    ) -> None:
        other = Client()
        wrong = mistyped(begin(client))
        known = enter(client, wrong).text
        wrong = mistyped(begin(other, BOB))
        unknown = enter(other, wrong).text
        assert [sms.phone_number for sms in outbox] == [ALICE]
        assert _without_ids(unknown) == _without_ids(known)

    def test_is_promised_no_sms(self, client: Client) -> None:
        begin(client, BOB)
        assertContains(client.get(CODE), "has an account, we sent it there")

    def test_that_was_proved_is_told_so_again_and_again(self, client: Client) -> None:
        enter(client, begin(client, BOB))
        for page in [client.get(CODE), client.post(CODE, {"password": PASSWORD})]:
            assertContains(page, "This number has no account")
            assertNotContains(page, 'name="password"')

    def test_guessed_right_is_told_that_it_is_nobody_s(self, client: Client) -> None:
        assertContains(enter(client, begin(client, BOB)), "has no account")


def _without_ids(page: str) -> list[str]:
    names = ("csrfmiddlewaretoken", 'name="verification"', "****")
    return [line for line in page.splitlines() if not any(n in line for n in names)]


class SecondFactorAccounts(LinkedAccounts):
    def needs_step_up(self, user: Any, purpose: str) -> bool:
        return True


class RefusedTests:
    def test_a_code_is_not_enough_where_the_host_asks_for_more(
        self, client: Client, alice: User, settings: Any
    ) -> None:
        """A36."""
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.SecondFactorAccounts"
        page = enter(client, begin(client))
        assertContains(page, "asks for more than a code")
        assertContains(page, "Its password cannot be set by SMS.")
        assertNotContains(page, 'name="password"')
        assert client.post(CODE, {"password": PASSWORD}).status_code == 200
        alice.refresh_from_db()
        assert not alice.check_password(PASSWORD)

    def test_staff_get_the_answer_of_a_used_code(
        self, client: Client, alice: User
    ) -> None:
        """A35."""
        code = begin(client)
        User.objects.update(is_staff=True)
        assertContains(enter(client, code), "no longer valid")
        alice.refresh_from_db()
        assert not alice.check_password(PASSWORD)

    def test_a_page_of_done_shows_no_links_that_are_not_there(
        self, client: Client
    ) -> None:
        assertNotContains(client.get(DONE), "None")
