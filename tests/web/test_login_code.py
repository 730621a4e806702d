"""The code: right, wrong, late, again, in two tabs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import SmsMessage
from tests import vendors
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import ALICE, BOB, mistyped, right_code
from tests.web.conftest import CODE, LOGIN, held, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_sign_up")]

MINUTE = timedelta(minutes=1)
COOLDOWN = timedelta(seconds=65)


def enter(client: Client, code: str, **more: Any) -> Any:
    return client.post(CODE, {"code": code, **more})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def between(code: str, *marks: str) -> str:
    return marks[0] + code[:3] + marks[1] + code[3:] + marks[2]


class RightCodeTests:
    @pytest.mark.parametrize(
        "marks",
        [("", "", ""), (" ", " ", "\n"), ("", "-", ""), ("\u200b", "\u3000", "\ufeff")],
    )
    @pytest.mark.parametrize("full_width", [False, True])
    def test_signs_in_as_people_paste_it(
        self, client: Client, marks: tuple[str, ...], full_width: bool
    ) -> None:
        start(client)
        code = between(right_code(held(client)), *marks)
        if full_width:
            code = code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
        assertRedirects(
            enter(client, code), "/accounts/profile/", fetch_redirect_response=False
        )
        assert signed_in(client)

    def test_leads_to_where_the_person_was_going(self, client: Client) -> None:
        start(client)
        data = {"code": right_code(held(client)), "next": "/admin/"}
        response = client.post(CODE, data)
        assertRedirects(response, "/admin/", fetch_redirect_response=False)

    def test_leads_to_no_other_site(self, client: Client) -> None:
        start(client)
        data = {"code": right_code(held(client)), "next": "https://evil.example/"}
        response = client.post(CODE, data)
        assertRedirects(response, "/accounts/profile/", fetch_redirect_response=False)

    def test_works_where_every_request_is_a_transaction(
        self, client: Client, settings: Any
    ) -> None:
        settings.DATABASES["default"]["ATOMIC_REQUESTS"] = True
        try:
            start(client)
            enter(client, right_code(held(client)))
        finally:
            settings.DATABASES["default"]["ATOMIC_REQUESTS"] = False
        assert signed_in(client)

    def test_changes_the_session_s_key(self, client: Client) -> None:
        start(client)
        before = client.session.session_key
        enter(client, right_code(held(client)))
        assert client.session.session_key != before


class WrongCodeTests:
    def test_is_told_with_what_is_left(self, client: Client) -> None:
        start(client)
        wrong = mistyped(right_code(held(client)))
        page = enter(client, wrong)
        assertContains(page, "This is not the code. You can try 4 more times.")
        assertContains(page, 'aria-describedby="id_code_error"')
        for _ in range(3):
            page = enter(client, wrong)
        assertContains(page, "This is not the code. You can try once more.")
        page = enter(client, wrong)
        assertContains(page, "This code is no longer valid. Ask for a new one.")
        assertNotContains(page, "one-time-code")
        assertContains(page, "Send a new code")
        assert not signed_in(client)

    @pytest.mark.parametrize("typed", ["", "12", "12345x", "1" * 11, "一二三四五六"])
    def test_what_is_no_code_is_not_counted(self, client: Client, typed: str) -> None:
        start(client)
        page = enter(client, typed)
        assert page.context["form"].has_error("code")
        assert Verification.objects.get().checks_left == 5

    def test_of_a_locked_number_has_to_wait(
        self, client: Client, clock: time_machine.Traveller
    ) -> None:
        start(client)
        PhoneNumber.objects.update(locked_until=timezone.now() + 90 * MINUTE)
        page = enter(client, right_code(held(client)))
        assertContains(page, "Too many attempts. Try again in 90 minutes.")

    def test_of_a_number_without_account_is_told_so(
        self, client: Client, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = False
        settings.SMS_VERIFICATION_PURPOSES = {"login": {"NEEDS_ACCOUNT": False}}
        start(client)
        page = enter(client, right_code(held(client)))
        assertContains(page, "This number has no account")
        assertNotContains(page, 'name="password"')
        assert not signed_in(client)

    def test_who_has_proved_it_makes_an_account(
        self, client: Client, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = False
        settings.SMS_VERIFICATION_PURPOSES = {"login": {"NEEDS_ACCOUNT": False}}
        start(client)
        assertContains(enter(client, right_code(held(client))), 'name="new_account"')
        client.post(CODE, {"new_account": "1"})
        assert signed_in(client)

    def test_who_had_it_checked_by_the_api_does_too(
        self, client: Client, settings: Any, outbox: list[SmsMessage]
    ) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = False
        settings.SMS_VERIFICATION_PURPOSES = {"login": {"NEEDS_ACCOUNT": False}}
        start(client)
        client.post(
            f"/sms/verifications/{held(client)}/check/",
            {"code": outbox[-1].code},
            content_type="application/json",
        )
        assertContains(client.get(CODE), "This number has no account")
        client.post(CODE, {"new_account": "1"})
        assert signed_in(client)

    @pytest.mark.parametrize("how", ["switched off", "no page"])
    def test_nobody_does_where_the_host_takes_none(
        self, client: Client, settings: Any, how: str
    ) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = False
        purposes: dict[str, Any] = {"login": {"NEEDS_ACCOUNT": False}}
        if how == "no page":
            settings.ROOT_URLCONF = "tests.web.login_only"
        else:
            purposes["register"] = None
        settings.SMS_VERIFICATION_PURPOSES = purposes
        login, code = reverse("phone_login"), reverse("phone_login_code")
        client.post(login, {"phone_number": ALICE})
        page = client.post(code, {"code": right_code(held(client))})
        assertNotContains(page, "new_account")
        client.post(code, {"new_account": "1"})
        assert not User.objects.exists()

    def test_inactive_users_get_the_same_answer(
        self, client: Client, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = False
        PhoneNumberFactory(number=ALICE, user=UserFactory(is_active=False))
        start(client)
        page = enter(client, right_code(held(client)))
        assertContains(page, "This code is no longer valid.")
        assert not signed_in(client)


class NoVerificationTests:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_leads_back_to_the_number(self, client: Client, method: str) -> None:
        response = getattr(client, method)(f"{CODE}?next=/admin/")
        to = f"{LOGIN}?next=%2Fadmin%2F"
        assertRedirects(response, to, fetch_redirect_response=False)

    @pytest.mark.parametrize("pk", ["", "x", "019b8d3f-5a7c-7e21-b4c0-d1e2f3a4b5c6"])
    def test_so_does_one_that_is_none(self, client: Client, pk: str) -> None:
        response = client.post(CODE, {"verification": pk, "code": "123456"})
        assertRedirects(response, LOGIN, fetch_redirect_response=False)

    def test_so_does_one_of_another_purpose(self, client: Client) -> None:
        client.post(
            "/sms/verifications/",
            {"phone_number": ALICE, "purpose": "register"},
            content_type="application/json",
        )
        pk = client.session["sms_verification"]["register"]
        response = client.post(CODE, {"verification": pk, "code": right_code(pk)})
        assertRedirects(response, LOGIN, fetch_redirect_response=False)


class ResendTests:
    def test_counts_down(self, client: Client, clock: time_machine.Traveller) -> None:
        start(client)
        clock.shift(timedelta(seconds=20))
        assertContains(client.get(CODE), 'data-wait="45"')
        clock.shift(timedelta(seconds=45))
        assertNotContains(client.get(CODE), "data-wait")

    def test_sends_the_same_code_again(
        self,
        client: Client,
        clock: time_machine.Traveller,
        outbox: list[SmsMessage],
    ) -> None:
        start(client)
        clock.shift(COOLDOWN)
        response = client.post(CODE, {"resend": "1", "next": "/admin/"})
        to = f"{CODE}?next=%2Fadmin%2F"
        assertRedirects(response, to, fetch_redirect_response=False)
        first, second = outbox
        assert first.code == second.code
        enter(client, first.code)
        assert signed_in(client)

    def test_too_early_has_to_wait(
        self, client: Client, clock: time_machine.Traveller, outbox: list[SmsMessage]
    ) -> None:
        start(client)
        clock.shift(timedelta(seconds=25))
        page = client.post(CODE, {"resend": "1", "code": ""})
        assertContains(page, "Too many messages. Try again in 40 seconds.")
        assert not page.context["form"].is_bound
        assert len(outbox) == 1

    @pytest.mark.parametrize("minutes", [6, 9])
    def test_of_what_is_over_sends_a_new_code(
        self,
        client: Client,
        clock: time_machine.Traveller,
        outbox: list[SmsMessage],
        minutes: int,
    ) -> None:
        """At nine minutes it lives, prolonged, and too short for another SMS."""
        start(client)
        before = held(client)
        if minutes == 9:
            clock.shift(4 * MINUTE)
            client.post(CODE, {"resend": "1"})
            clock.shift(3 * MINUTE)
            client.post(CODE, {"resend": "1"})
            clock.shift(2 * MINUTE)
        else:
            clock.shift(6 * MINUTE)
            page = client.get(CODE)
            assertContains(page, "<h1>Ask for a new code</h1>")
            assertContains(page, "is no longer valid")
            assertContains(page, "Send a new code")
        client.post(CODE, {"resend": "1"})
        assert held(client) != before
        enter(client, outbox[-1].code)
        assert signed_in(client)

    def test_of_what_is_over_and_not_the_browser_s_own_begins_at_the_number(
        self, client: Client, clock: time_machine.Traveller, outbox: list[SmsMessage]
    ) -> None:
        start(client)
        clock.shift(6 * MINUTE)
        stranger, data = Client(), {"verification": held(client), "resend": "1"}
        response = stranger.post(f"{CODE}?next=/admin/", data)
        to = f"{LOGIN}?next=%2Fadmin%2F"
        assertRedirects(response, to, fetch_redirect_response=False)
        assert len(outbox) == 1

    def test_that_nobody_could_send_is_told(
        self, client: Client, clock: time_machine.Traveller, settings: Any
    ) -> None:
        start(client)
        clock.shift(COOLDOWN)
        settings.SMS_VERIFICATION_PROVIDERS = {"default": vendors.refusing()}
        page = client.post(CODE, {"resend": "1"})
        assertContains(page, "The SMS could not be sent. Try again.")


class TwoTabsTests:
    def test_each_takes_its_own_code(self, client: Client) -> None:
        start(client)
        alice = held(client)
        start(client, BOB)
        enter(client, right_code(alice), verification=alice)
        assert signed_in(client)
        assert PhoneNumber.objects.get(user__isnull=False).number == ALICE

    def test_each_resends_its_own_and_goes_on_with_that(
        self, client: Client, clock: time_machine.Traveller, outbox: list[SmsMessage]
    ) -> None:
        start(client)
        alice = held(client)
        start(client, BOB)
        clock.shift(COOLDOWN)
        client.post(CODE, {"resend": "1", "verification": alice})
        assert outbox[-1].phone_number == ALICE
        assert held(client) == alice

    def test_signed_in_by_one_the_other_goes_on_too(self, client: Client) -> None:
        start(client)
        code = right_code(held(client))
        enter(client, code)
        for response in (client.get(CODE), enter(client, code)):
            assertRedirects(
                response, "/accounts/profile/", fetch_redirect_response=False
            )

    def test_signed_out_again_the_code_is_over(self, client: Client) -> None:
        start(client)
        pk, code = held(client), right_code(held(client))
        enter(client, code)
        client.logout()
        page = enter(client, code, verification=pk)
        assertContains(page, "This code is no longer valid.")
        assert not signed_in(client)
