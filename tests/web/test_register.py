"""An account by number, code and password, on two pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import path
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from sms_verification.accounts import LinkedAccounts
from sms_verification.models import PhoneNumber, Verification
from sms_verification.web.views import RegisterCodeView
from tests import urls as tests_urls
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import ALICE, mistyped, right_code

pytestmark = pytest.mark.django_db

NUMBER = "/account/register/"
CODE = "/account/register/code/"
LOGIN_CODE = "/account/login/code/"
PROFILE = "/accounts/profile/"
PASSWORD = "snow over the pines"


class SecondFactorAccounts(LinkedAccounts):
    def needs_step_up(self, user: Any, purpose: str) -> bool:
        return True


class WaitingAccounts(LinkedAccounts):
    def build_user(self, number: PhoneNumber) -> Any:
        user: Any = super().build_user(number)
        user.is_active = False
        return user


class GenerousAccounts(LinkedAccounts):
    def may_take_over(self, number: PhoneNumber, owner: Any) -> bool:
        return True


@pytest.fixture(autouse=True)
def _validators(settings: Any) -> None:
    names = ["MinimumLengthValidator", "UserAttributeSimilarityValidator"]
    settings.AUTH_PASSWORD_VALIDATORS = [
        {"NAME": f"django.contrib.auth.password_validation.{name}"} for name in names
    ]


@pytest.fixture
def code(client: Client) -> str:
    """Type the number, and read the SMS."""
    response = client.post(NUMBER, {"phone_number": ALICE})
    assertRedirects(response, CODE, fetch_redirect_response=False)
    return right_code(client.session["sms_verification"]["register"])


def enter(client: Client, code: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(CODE, {"code": code, "password": password, **more})


def signed_in(client: Client) -> User | None:
    return User.objects.filter(pk=client.session.get("_auth_user_id")).first()


class RightCodeTests:
    def test_makes_the_account_and_signs_in(self, client: Client, code: str) -> None:
        response = enter(client, code)
        assertRedirects(response, PROFILE, fetch_redirect_response=False)
        user = User.objects.get()
        assert signed_in(client) == user
        assert user.check_password(PASSWORD)
        assert PhoneNumber.objects.get().user == user

    def test_signs_nobody_in_whom_the_host_looks_at_first(
        self, client: Client, code: str, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.WaitingAccounts"
        assert enter(client, code).status_code == 302
        assert signed_in(client) is None
        assert User.objects.get().is_active is False

    def test_leads_to_where_the_person_was_going(
        self, client: Client, code: str
    ) -> None:
        response = enter(client, code, next="/admin/")
        assertRedirects(response, "/admin/", fetch_redirect_response=False)

    def test_cycles_the_key_of_the_session(self, client: Client, code: str) -> None:
        """A40."""
        planted = client.session.session_key
        enter(client, code)
        assert client.session.session_key != planted


class WrongCodeTests:
    def test_makes_no_account(self, client: Client, code: str) -> None:
        response = enter(client, mistyped(code))
        assertContains(response, "You can try 4 more times.")
        assert signed_in(client) is None
        assert not User.objects.exists()


class PasswordTests:
    def test_that_is_weak_costs_no_check(self, client: Client, code: str) -> None:
        assertContains(enter(client, code, "short"), "too short")
        row = Verification.objects.get()
        assert (row.approved_at, row.checks_left) == (None, 5)
        assertRedirects(enter(client, code), PROFILE, fetch_redirect_response=False)

    def test_that_is_missing_costs_no_check(self, client: Client, code: str) -> None:
        assert enter(client, code, "").status_code == 200
        assert Verification.objects.get().approved_at is None

    def test_that_is_like_the_name_asks_for_no_second_code(
        self, client: Client, code: str, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.NamedAccounts"
        response = enter(client, code, "mountaineer")
        assertContains(response, "too similar")
        assertNotContains(response, 'name="code"')
        assertRedirects(
            client.post(CODE, {"password": PASSWORD}),
            PROFILE,
            fetch_redirect_response=False,
        )
        assert Verification.objects.count() == 1

    def test_is_never_written_into_the_page(self, client: Client, code: str) -> None:
        assertNotContains(enter(client, mistyped(code)), PASSWORD)

    def test_is_not_asked_for_where_the_host_wants_none(
        self, client: Client, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "sms_verification.web.views.RegisterCodeView.with_password", False
        )
        assertNotContains(client.get(CODE), 'name="password"')
        client.post(CODE, {"code": code})
        assert signed_in(client) is not None
        assert User.objects.get().has_usable_password() is False


class NamedAccounts(LinkedAccounts):
    def build_user(self, number: PhoneNumber) -> Any:
        return User(username="mountaineer1")


class OtherSessionTests:
    """A proof is of the session that typed the code."""

    def test_does_not_go_on_by_an_id(
        self, client: Client, code: str, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.NamedAccounts"
        enter(client, code, "mountaineer")
        pk = client.session["sms_verification"]["register"]
        thief = Client()
        data = {"verification": pk, "password": PASSWORD}
        assert thief.post(CODE, {**data, "resend": "1"}).status_code in {200, 302}
        assert thief.post(CODE, data).status_code == 200
        assert signed_in(thief) is None
        assert not User.objects.exists()


class TakenTests:
    @pytest.fixture
    def owner(self) -> User:
        owner: User = UserFactory()
        PhoneNumberFactory(number=ALICE, user=owner)
        return owner

    def test_looks_like_a_free_one_until_it_is_proved(
        self, client: Client, owner: User, code: str
    ) -> None:
        """A33."""
        assertNotContains(client.get(CODE), "has an account")
        assertNotContains(enter(client, mistyped(code)), "has an account")

    def test_is_told_to_who_has_proved_it(
        self, client: Client, owner: User, code: str
    ) -> None:
        response = enter(client, code)
        assertContains(response, "This number has an account")
        assertNotContains(response, "not_my_account")
        assert signed_in(client) is None

    def test_signs_in_without_a_second_code(
        self, client: Client, owner: User, code: str
    ) -> None:
        enter(client, code)
        response = client.post(CODE, {"sign_in": "1"})
        assertRedirects(response, PROFILE, fetch_redirect_response=False)
        assert signed_in(client) == owner

    def test_does_not_sign_in_who_proved_nothing(
        self, client: Client, owner: User, code: str
    ) -> None:
        assert client.post(CODE, {"sign_in": "1"}).status_code == 200
        assert signed_in(client) is None

    def test_does_not_sign_in_to_staff(
        self, client: Client, owner: User, code: str
    ) -> None:
        enter(client, code)
        User.objects.update(is_staff=True)
        response = client.post(CODE, {"sign_in": "1"})
        assertContains(response, "no longer valid")
        assert signed_in(client) is None

    def test_does_not_sign_in_past_a_second_factor(
        self, client: Client, owner: User, code: str, settings: Any
    ) -> None:
        """A36."""
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.SecondFactorAccounts"
        enter(client, code)
        response = client.post(CODE, {"sign_in": "1"})
        assertRedirects(response, LOGIN_CODE, fetch_redirect_response=False)
        assertContains(client.get(LOGIN_CODE), "asks for more than a code")
        assert signed_in(client) is None

    def test_that_lies_idle_is_asked_for_its_password_with_no_second_sms(
        self, client: Client, owner: User, code: str, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_DORMANT_AFTER = timedelta(days=90)
        owner.set_password(PASSWORD)
        owner.last_login = timezone.now() - timedelta(days=91)
        owner.save()
        PhoneNumber.objects.update(verified_at=owner.last_login)
        enter(client, code)
        client.post(CODE, {"sign_in": "1"})
        assertContains(client.post(LOGIN_CODE, {"password": "x"}), "not your password")
        client.post(LOGIN_CODE, {"password": PASSWORD})
        assert signed_in(client) == owner
        assert Verification.objects.count() == 1

    def test_that_asks_for_more_is_told_so_without_the_page_to_log_in(
        self, client: Client, owner: User, code: str, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.SecondFactorAccounts"
        enter(client, code)
        view = RegisterCodeView.as_view(login_code_url="nowhere_at_all")
        urls = (path("account/register/code/", view), *tests_urls.urlpatterns)
        settings.ROOT_URLCONF = urls
        page = client.post(CODE, {"sign_in": "1"})
        assertContains(page, "asks for more than a code")

    def test_is_taken_over_where_the_host_allows_it(
        self, client: Client, owner: User, code: str, settings: Any
    ) -> None:
        """A38."""
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.GenerousAccounts"
        assertContains(enter(client, code), "not_my_account")
        data = {"password": PASSWORD, "not_my_account": "1"}
        assertRedirects(client.post(CODE, data), PROFILE, fetch_redirect_response=False)
        assert signed_in(client) not in {None, owner}
        assert PhoneNumber.objects.get().user == signed_in(client)

    def test_is_not_taken_over_where_it_does_not(
        self, client: Client, owner: User, code: str
    ) -> None:
        enter(client, code)
        client.post(CODE, {"password": PASSWORD, "not_my_account": "1"})
        assert PhoneNumber.objects.get().user == owner
        assert User.objects.get() == owner


class LinksTests:
    def test_lead_to_the_other_pages(self, client: Client) -> None:
        assertContains(client.get(NUMBER), 'href="/account/login/"')
        login = client.get("/account/login/?next=/admin/")
        assertContains(login, 'href="/account/register/?next=%2Fadmin%2F"')
        assertContains(login, 'href="/account/password-reset/?next=%2Fadmin%2F"')

    @pytest.mark.urls("tests.web.login_only")
    def test_lead_nowhere_where_those_are_not(self, client: Client) -> None:
        response = client.get("/login/")
        assertNotContains(response, "register")
        assertNotContains(response, "password")
