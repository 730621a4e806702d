"""Where a code is not enough: idle accounts, second factors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate, login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from sms_verification import logins, sessions
from sms_verification.accounts import LinkedAccounts
from sms_verification.models import PhoneNumber
from sms_verification.web.views import LoginCodeView, LoginView
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import ALICE, right_code
from tests.web.conftest import CODE, held, start

pytestmark = pytest.mark.django_db

PROFILE = "/accounts/profile/"
PASSWORD = "snow over the pines"


class SecondFactorAccounts(LinkedAccounts):
    def needs_step_up(self, user: Any, purpose: str) -> bool:
        return True


def totp(request: HttpRequest) -> HttpResponse:
    """A host's page that has asked for the second factor, which was right."""
    proof = sessions.kept_proof(request, "login")
    whose = logins.whose(proof)
    if whose is None:
        return HttpResponse(status=403)
    user = authenticate(request, secret_proof=proof, stepped_up=whose.pk)
    login(request, user)
    return HttpResponse("in")


urlpatterns = [
    path("login/", LoginView.as_view(), name="phone_login"),
    path(
        "code/",
        LoginCodeView.as_view(step_up_url="/totp/"),
        name="phone_login_code",
    ),
    path("totp/", totp),
]


@pytest.fixture
def alice() -> User:
    user: User = UserFactory()
    user.set_password(PASSWORD)
    user.save()
    PhoneNumberFactory(number=ALICE, user=user)
    return user


def signed_in(client: Client) -> User | None:
    return User.objects.filter(pk=client.session.get("_auth_user_id")).first()


class IdleAccountTests:
    """A38: carriers re-issue numbers."""

    @pytest.fixture(autouse=True)
    def _idle(self, alice: User, settings: Any) -> None:
        settings.SMS_VERIFICATION_DORMANT_AFTER = timedelta(days=90)
        long_ago = timezone.now() - timedelta(days=91)
        User.objects.update(last_login=long_ago)
        PhoneNumber.objects.update(verified_at=long_ago)

    def enter_code(self, client: Client) -> Any:
        start(client)
        return client.post(CODE, {"code": right_code(held(client))})

    def test_is_asked_for_the_password(self, client: Client) -> None:
        response = self.enter_code(client)
        assertContains(response, "has not been used for a long time")
        assertContains(response, 'name="password"')
        assertContains(response, "autofocus", count=1)
        assertNotContains(response, 'name="code"')
        assert signed_in(client) is None

    def test_is_asked_for_it_after_a_reload(self, client: Client) -> None:
        self.enter_code(client)
        page = client.get(CODE)
        assertContains(page, 'name="password"')
        assertContains(page, "This is not my account")

    def test_without_a_password_is_asked_for_none(
        self, client: Client, alice: User
    ) -> None:
        alice.set_unusable_password()
        alice.save()
        User.objects.update(last_login=timezone.now() - timedelta(days=91))
        page = self.enter_code(client)
        assertNotContains(page, 'name="password"')
        assertContains(page, "This is not my account")
        assertRedirects(
            client.post(CODE, {"new_account": "1"}),
            PROFILE,
            fetch_redirect_response=False,
        )
        assert signed_in(client) not in {None, alice}

    def test_is_not_offered_where_registration_is_off(
        self, client: Client, settings: Any
    ) -> None:
        """Also where a login makes users: it would be refused."""
        settings.SMS_VERIFICATION_CREATE_USERS = True
        settings.SMS_VERIFICATION_PURPOSES = {"register": None}
        assertNotContains(self.enter_code(client), "This is not my account")

    def test_is_taken_over_by_nobody_where_the_host_takes_none(
        self, client: Client, alice: User, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {"register": None}
        assertNotContains(self.enter_code(client), "This is not my account")
        client.post(CODE, {"new_account": "1"})
        assert PhoneNumber.objects.get().user == alice

    def test_gets_in_with_it(self, client: Client, alice: User) -> None:
        self.enter_code(client)
        response = client.post(CODE, {"password": PASSWORD})
        assertRedirects(response, PROFILE, fetch_redirect_response=False)
        assert signed_in(client) == alice

    def test_does_not_with_another(self, client: Client) -> None:
        self.enter_code(client)
        response = client.post(CODE, {"password": "open sesame"})
        assertContains(response, "This is not your password.")
        assert signed_in(client) is None

    def test_leaves_its_number_to_who_has_that_now(
        self, client: Client, alice: User
    ) -> None:
        assertContains(self.enter_code(client), "This is not my account")
        response = client.post(CODE, {"new_account": "1"})
        assertRedirects(response, PROFILE, fetch_redirect_response=False)
        assert signed_in(client) not in {None, alice}
        assert PhoneNumber.objects.get().user == signed_in(client)

    def test_leaves_it_to_nobody_who_proved_nothing(
        self, client: Client, alice: User
    ) -> None:
        start(client)
        client.post(CODE, {"new_account": "1"})
        assert PhoneNumber.objects.get().user == alice
        assert signed_in(client) is None

    def test_that_woke_up_meanwhile_keeps_it(self, client: Client, alice: User) -> None:
        self.enter_code(client)
        User.objects.update(last_login=timezone.now())
        response = client.post(CODE, {"new_account": "1"})
        assertContains(response, "belongs to another account")
        assert PhoneNumber.objects.get().user == alice


class SecondFactorTests:
    """A35, A36."""

    @pytest.fixture(autouse=True)
    def _factor(self, alice: User, settings: Any) -> None:
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.SecondFactorAccounts"

    @pytest.mark.urls("tests.web.test_login_step_up")
    def test_is_asked_for_on_the_page_of_the_host(
        self, client: Client, alice: User
    ) -> None:
        client.post("/login/", {"phone_number": ALICE})
        response = client.post("/code/", {"code": right_code(held(client))})
        assertRedirects(response, "/totp/", fetch_redirect_response=False)
        assert signed_in(client) is None
        assertContains(client.get("/code/"), 'href="/totp/"')  # after a step back
        assertContains(client.get("/totp/"), "in")
        assert signed_in(client) == alice

    def test_without_a_page_of_the_host_s_leads_nowhere(self, client: Client) -> None:
        start(client)
        page = client.post(CODE, {"code": right_code(held(client))})
        assertContains(page, "This account asks for more than a code.")
        assertNotContains(page, 'name="password"')

    @pytest.mark.urls("tests.web.test_login_step_up")
    def test_of_another_user_s_does_not_do(self, client: Client, alice: User) -> None:
        """Who has a factor of their own proves Alice's number in another tab."""
        mallory = UserFactory()
        client.post("/login/", {"phone_number": ALICE})
        client.post("/code/", {"code": right_code(held(client))})
        proof = sessions.kept_proof(client, "login")
        assert logins.whose(proof) == alice
        for stepped_up in (mallory.pk, True, None):
            assert authenticate(None, secret_proof=proof, stepped_up=stepped_up) is None
        assert authenticate(None, secret_proof=proof, stepped_up=alice.pk) == alice

    @pytest.mark.urls("tests.web.test_login_step_up")
    def test_is_not_got_around_by_its_address(self, client: Client) -> None:
        client.post("/login/", {"phone_number": ALICE})
        assert client.get("/totp/").status_code == 403

    def test_is_not_got_around_by_the_password(self, client: Client) -> None:
        start(client)
        client.post(CODE, {"code": right_code(held(client))})
        client.post(CODE, {"password": PASSWORD})
        assert signed_in(client) is None

    def test_is_not_got_around_by_another_account(
        self, client: Client, alice: User
    ) -> None:
        start(client)
        client.post(CODE, {"code": right_code(held(client))})
        client.post(CODE, {"new_account": "1"})
        assert signed_in(client) is None
        assert PhoneNumber.objects.get().user == alice
