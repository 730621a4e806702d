"""What holds for every page."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import path
from django.utils import timezone
from django.views import View
from pytest_django.asserts import assertContains, assertRedirects

from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import SmsMessage
from sms_verification.web.views import LoginCodeView, LoginView
from tests import urls
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory
from tests.phones import ALICE, BOB, right_code
from tests.web.conftest import CODE, LOGIN, held, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_sign_up")]


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


def token(page: Any) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert found
    return found[1]


def at_the_code(browser: Client) -> str:
    """Walk to the second step, and return its CSRF token."""
    given = token(browser.get(LOGIN))
    start(browser, csrfmiddlewaretoken=given)
    return token(browser.get(CODE))


class CrossSiteTests:
    """A cross-site form can neither send an SMS nor sign anybody in."""

    def test_sends_no_sms(self, browser: Client, outbox: list[SmsMessage]) -> None:
        browser.get(LOGIN)
        page = browser.post(LOGIN, {"phone_number": ALICE})
        assertContains(page, "This page was out of date.", status_code=403)
        assert ALICE[3:] not in page.text
        assert outbox == []

    def test_signs_nobody_in(self, browser: Client) -> None:
        at_the_code(browser)
        code = right_code(held(browser))
        page = browser.post(CODE, {"code": code})
        assertContains(page, "This page was out of date.", status_code=403)
        assert "_auth_user_id" not in browser.session
        assert Verification.objects.get().checks_left == 5

    def test_resends_nothing(self, browser: Client, outbox: list[SmsMessage]) -> None:
        at_the_code(browser)
        page = browser.post(CODE, {"resend": "1"})
        assert page.status_code == 403
        assert len(outbox) == 1

    def test_shows_no_verification_but_the_session_s_own(self, browser: Client) -> None:
        others = VerificationFactory(purpose="login")
        response = browser.post(CODE, {"verification": str(others.pk)})
        assertRedirects(response, LOGIN, fetch_redirect_response=False)
        at_the_code(browser)
        page = browser.post(CODE, {"verification": str(others.pk)})
        assert page.status_code == 403
        assert page.context["verification"]["phone_number"] == "+86138****8000"

    @pytest.mark.parametrize("view", [LoginView, LoginCodeView])
    def test_is_a_form_to_no_subclass(
        self, browser: Client, settings: Any, view: type[View]
    ) -> None:
        """Whatever a host's own ``dispatch`` does before it calls ours."""
        at_the_code(browser)
        seen = []

        class Hosts(view):
            def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
                seen.append((request.method, dict(request.POST)))
                return super().dispatch(request, *args, **kwargs)

        settings.ROOT_URLCONF = (*urls.urlpatterns, path("hosts/", Hosts.as_view()))
        assert browser.post("/hosts/", {"code": "123456"}).status_code == 403
        assert seen == [("GET", {})]

    @pytest.mark.parametrize("page", ["change-number/", "password-reset/"])
    def test_says_so_to_who_is_signed_in(self, browser: Client, page: str) -> None:
        """It would look as if what was asked for was done."""
        user = UserFactory()
        PhoneNumberFactory(number=BOB, user=user)
        user.set_password("snow over the pines")
        user.save()
        browser.force_login(user)
        response = browser.post(f"/account/{page}", {"phone_number": ALICE})
        assertContains(response, "This page was out of date.", status_code=403)

    def test_with_a_foreign_origin_either(
        self, browser: Client, outbox: list[SmsMessage]
    ) -> None:
        data = {"phone_number": ALICE, "csrfmiddlewaretoken": token(browser.get(LOGIN))}
        headers = {"Origin": "https://evil.example"}
        assert browser.post(LOGIN, data, headers=headers).status_code == 403
        assert outbox == []

    def test_the_page_s_own_form_does(self, browser: Client) -> None:
        given = at_the_code(browser)
        code = right_code(held(browser))
        browser.post(CODE, {"code": code, "csrfmiddlewaretoken": given})
        assert "_auth_user_id" in browser.session

    @pytest.mark.parametrize("was_somebody_else", [False, True])
    def test_the_second_click_goes_where_the_first_one_went(
        self, browser: Client, was_somebody_else: bool
    ) -> None:
        """The first one changed the token, and somebody else's session is emptied."""
        if was_somebody_else:
            browser.force_login(UserFactory())
        given = at_the_code(browser)
        data = {"code": right_code(held(browser)), "csrfmiddlewaretoken": given}
        for _click in range(2):
            assertRedirects(
                browser.post(CODE, data),
                "/accounts/profile/",
                fetch_redirect_response=False,
            )

    def test_the_page_s_own_form_does_where_the_host_has_no_middleware_for_it(
        self, browser: Client, settings: Any
    ) -> None:
        settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "csrf" not in m]
        given = at_the_code(browser)
        code = right_code(held(browser))
        assert browser.post(CODE, {"code": code}).status_code == 403
        browser.get(LOGIN)  # in another tab
        browser.post(CODE, {"code": code, "csrfmiddlewaretoken": given})
        assert "_auth_user_id" in browser.session

    def test_signed_in_elsewhere_a_stale_form_goes_on(self, browser: Client) -> None:
        at_the_code(browser)
        data = {
            "code": right_code(held(browser)),
            "csrfmiddlewaretoken": token(browser.get(CODE)),
        }
        stale = token(browser.get(LOGIN))
        browser.post(CODE, data)
        response = browser.post(
            LOGIN, {"phone_number": ALICE, "csrfmiddlewaretoken": stale}
        )
        assertRedirects(response, "/accounts/profile/", fetch_redirect_response=False)


class PageTests:
    @pytest.mark.parametrize("method", ["put", "patch", "delete"])
    @pytest.mark.parametrize("page", [LOGIN, CODE])
    def test_takes_no_other_method(
        self, client: Client, page: str, method: str
    ) -> None:
        start(client)
        assert getattr(client, method)(page).status_code == 405

    @pytest.mark.parametrize("page", [LOGIN, CODE])
    def test_is_for_those_who_are_not_signed_in(
        self, client: Client, settings: Any, page: str
    ) -> None:
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE,
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
        ]
        start(client)
        assert client.get(page).status_code == 200

    @pytest.mark.parametrize("page", [LOGIN, CODE])
    def test_is_kept_by_no_cache(self, client: Client, page: str) -> None:
        start(client)
        assert "no-store" in client.get(page).headers["Cache-Control"]

    @pytest.mark.parametrize("page", [LOGIN, CODE])
    def test_has_no_inline_script_or_style(self, client: Client, page: str) -> None:
        start(client)
        text = client.get(page).text
        assert not re.search(r"<style|<script(?![^>]+src=)|\sstyle=|\son\w+=", text)
        assert "data:" not in text

    @pytest.mark.parametrize(
        ("page", "view"), [(LOGIN, LoginView), (CODE, LoginCodeView)]
    )
    def test_shows_what_a_host_s_own_form_adds(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, page: str, view: Any
    ) -> None:
        class Hosts(view.form_class):
            terms = forms.BooleanField(help_text="All forty pages.")
            campaign = forms.CharField(widget=forms.HiddenInput, required=False)

        start(client)
        monkeypatch.setattr(view, "form_class", Hosts)
        text = client.get(page).text
        assert '<label for="id_terms">' in text
        assert 'aria-describedby="id_terms_helptext"' in text
        assert 'id="id_terms_helptext">All forty pages.' in text
        assert '<input type="hidden" name="campaign"' in text
        page_again = client.post(page, {"code": "12"}).text
        assert 'id="id_terms_error"' in page_again

    def test_masks_the_number(self, client: Client) -> None:
        start(client)
        text = client.get(CODE).text
        assert "+86138****8000" in text
        assert ALICE[3:] not in text

    def test_takes_paste_and_autofill(self, client: Client) -> None:
        start(client)
        [field] = re.findall(r'<input[^>]+id="id_code"[^>]*>', client.get(CODE).text)
        for attribute in (
            'inputmode="numeric"',
            'autocomplete="one-time-code"',
            'type="text"',
        ):
            assert attribute in field
        # "123 456" is seven characters, and "pattern" would refuse it.
        assert "pattern" not in field
        assert 'maxlength="32"' in field

    def test_does_not_repeat_the_code(self, client: Client) -> None:
        start(client)
        code = right_code(held(client))
        PhoneNumber.objects.update(locked_until=timezone.now() + timedelta(hours=1))
        assert code not in client.post(CODE, {"code": code}).text

    def test_the_script_is_small(self) -> None:
        script = finders.find("sms_verification/pages.js")
        assert Path(str(script)).stat().st_size <= 5 * 1024


class ReportTests:
    @pytest.mark.parametrize("debug", [True, False])
    def test_of_a_crash_tells_neither_code_nor_number(
        self,
        client: Client,
        settings: Any,
        monkeypatch: pytest.MonkeyPatch,
        debug: bool,
    ) -> None:
        start(client)
        code = right_code(held(client))
        settings.DEBUG = debug
        visitor = Client(raise_request_exception=False)
        visitor.cookies = client.cookies

        def crash(*args: Any, **kwargs: Any) -> None:
            raise RuntimeError

        typed = BOB[3:]
        for name, page, data in (
            ("verifications.start", LOGIN, {"phone_number": typed}),
            ("verifications.attempt", CODE, {"code": code}),
            ("verifications.status", CODE, {"code": code}),
            ("web.csrf.AsGet.process_view", CODE, {"code": code}),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(f"sms_verification.{name}", crash)
                report = visitor.post(page, data)
            assert report.status_code == 500
            for secret in (code, typed, ALICE[3:]):
                assert secret not in report.text
