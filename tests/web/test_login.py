"""The number, and where it leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from sms_verification import guards
from sms_verification.exceptions import VerificationError
from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import SmsMessage
from sms_verification.web.views import LoginView
from tests import urls as tests_urls
from tests import vendors
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import ALICE, BOB
from tests.web.conftest import CODE, LOGIN, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_sign_up")]


class OffTests:
    def test_a_page_of_a_purpose_that_is_switched_off_is_not_there(
        self, client: Client, settings: Any
    ) -> None:
        assertContains(client.get(LOGIN), "Make an account")
        settings.SMS_VERIFICATION_PURPOSES = {"register": None}
        assertNotContains(client.get(LOGIN), "Make an account")
        for page in ("register/", "register/code/"):
            assert client.get(f"/account/{page}").status_code == 404

    def test_a_host_gives_a_link_of_its_own(self, client: Client) -> None:
        class Own(LoginView):
            def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
                return super().get_context_data(register_url="/join/", **kwargs)

        urls = (path("", Own.as_view(), name="x"), *tests_urls.urlpatterns)
        with override_settings(ROOT_URLCONF=urls):
            assertContains(client.get("/"), 'href="/join/"')


class NumberTests:
    @pytest.mark.parametrize(
        ("country", "typed", "number"),
        [
            ("CN", "138 0013 8000", ALICE),
            ("CN", "１３８００１３８０００", ALICE),
            ("US", "(201) 555-0123", "+12015550123"),
            # Who types a country means it.
            ("US", "+86 138-0013-8000", ALICE),
            ("US", "0086 138 0013 8000", None),
            ("", "13800138000", ALICE),
        ],
    )
    def test_is_read_as_people_type_it(
        self, client: Client, country: str, typed: str, number: str | None
    ) -> None:
        client.post(LOGIN, {"country": country, "phone_number": typed})
        assert PhoneNumber.objects.values_list("number", flat=True).first() == number

    @pytest.mark.parametrize("typed", ["", " ", "1", "abc", "138001380001380013800"])
    def test_that_is_none_is_refused_and_nothing_is_spent(
        self, client: Client, typed: str
    ) -> None:
        response = client.post(LOGIN, {"country": "CN", "phone_number": typed})
        assert response.context["form"].errors.keys() == {"phone_number"}
        assert 'aria-invalid="true"' in response.text
        assert "<title>Error: " in response.text
        assert not PhoneNumber.objects.exists()

    def test_of_an_unknown_country_is_refused(self, client: Client) -> None:
        data = {"country": "XX", "phone_number": "13800138000"}
        response = client.post(LOGIN, data)
        assert response.context["form"].errors.keys() == {"country"}

    def test_without_country_needs_one_where_the_host_has_none(
        self, client: Client, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_DEFAULT_REGION = None
        assertContains(client.get(LOGIN), "Choose a country")
        response = client.post(LOGIN, {"country": "", "phone_number": "13800138000"})
        assert response.context["form"].has_error("phone_number")
        start(client, ALICE, country="")

    def test_has_no_country_chosen_where_no_route_leads_to_the_host_s_own(
        self, client: Client, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_ROUTES = {"+44": ["default"]}
        country = client.get(LOGIN).context["form"].fields["country"]
        assert country.choices[0] == ("", "Choose a country")

    def test_that_takes_no_sms_is_refused(self, client: Client) -> None:
        response = client.post(LOGIN, {"phone_number": "+861012345678"})
        assertContains(response, "No code can be sent to this number.")

    def test_that_just_got_one_has_to_wait(
        self, client: Client, clock: time_machine.Traveller
    ) -> None:
        start(client)
        clock.shift(timedelta(seconds=20))
        response = Client().post(LOGIN, {"phone_number": ALICE})
        assertContains(response, "Too many messages. Try again in 45 seconds.")

    @pytest.mark.parametrize(("hours", "told"), [(3, "3 hours"), (60, "3 days")])
    def test_that_is_locked_has_to_wait(
        self, client: Client, clock: time_machine.Traveller, hours: int, told: str
    ) -> None:
        start(client)
        verification = Verification.objects.get()
        until = verification.created_at + timedelta(hours=hours)
        PhoneNumber.objects.update(locked_until=until)
        response = Client().post(LOGIN, {"phone_number": ALICE})
        assertContains(response, f"Too many attempts. Try again in {told}.")

    def test_that_nobody_could_send_to_is_told(
        self, client: Client, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": vendors.refusing()}
        response = client.post(LOGIN, {"phone_number": ALICE})
        assertContains(response, "The SMS could not be sent. Try again.")

    def test_that_a_host_s_own_guard_refuses_is_told(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(guards, "GUARDS", [Curfew()])
        response = client.post(LOGIN, {"phone_number": ALICE})
        assertContains(response, "This is not possible now.")


class Curfew:
    """A host's own guard, with a refusal of its own."""

    class Refusal(VerificationError):
        code = "too_late_in_the_evening"

    def review(self, *args: Any) -> None:
        raise self.Refusal


class ResumeTests:
    def test_a_second_tab_sends_no_second_sms(
        self, client: Client, outbox: list[SmsMessage]
    ) -> None:
        start(client)
        start(client)
        assert len(outbox) == 1

    def test_a_second_tab_writes_nothing(self, client: Client) -> None:
        """The session holds what is resumed, and needs no saving."""
        start(client)
        with CaptureQueriesContext(connection) as queries:
            start(client)
        assert {q["sql"].split()[0] for q in queries} == {"SELECT"}

    def test_another_number_is_another_sms(
        self, client: Client, outbox: list[SmsMessage]
    ) -> None:
        start(client)
        start(client, BOB)
        assert [message.phone_number for message in outbox] == [ALICE, BOB]


class UnknownNumberTests:
    def test_the_page_is_the_same_without_account(
        self, client: Client, settings: Any, outbox: list[SmsMessage]
    ) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = False
        PhoneNumberFactory(number=ALICE, user=UserFactory())
        pages = []
        for number in (ALICE, BOB):
            visitor = Client()
            start(visitor, number)
            page = visitor.get(CODE)
            secrets = (page.context["verification"]["id"], page.context["csrf_token"])
            text = page.text
            for secret in (*map(str, secrets), number[:-8], number[-4:]):
                text = text.replace(secret, "")
            pages.append(text)
        assert pages[0] == pages[1]
        assert len(outbox) == 1


class NextTests:
    @pytest.mark.parametrize(
        ("to", "kept"),
        [
            ("/admin/?a=1&b=2", "?next=%2Fadmin%2F%3Fa%3D1%26b%3D2"),
            ("https://evil.example/", ""),
            ("//evil.example", ""),
            ("javascript:alert(1)", ""),
            ("", ""),
        ],
    )
    def test_is_kept_if_it_is_of_this_site(
        self, client: Client, to: str, kept: str
    ) -> None:
        response = client.post(LOGIN, {"phone_number": ALICE, "next": to})
        assertRedirects(response, CODE + kept, fetch_redirect_response=False)

    def test_goes_along_from_the_address(self, client: Client) -> None:
        page = client.get(f"{LOGIN}?next=/admin/")
        assertContains(page, '<input type="hidden" name="next" value="/admin/">')


class SignedInTests:
    def test_see_the_page_all_the_same(self, client: Client) -> None:
        client.force_login(UserFactory())
        assert client.get(LOGIN).status_code == 200

    def test_are_sent_on_where_the_host_wants_that(self, client: Client) -> None:
        client.force_login(UserFactory())
        response = client.get("/hosts/login/?next=/admin/")
        assertRedirects(response, "/admin/", fetch_redirect_response=False)

    def test_are_not_sent_in_circles(self, client: Client) -> None:
        client.force_login(UserFactory())
        with pytest.raises(ValueError, match="for ever"):
            client.get("/hosts/login/?next=/hosts/login/")


class LanguageTests:
    def test_chinese(self, client: Client) -> None:
        client.cookies["django_language"] = "zh-hans"
        page = client.get(LOGIN)
        assertContains(page, '<html lang="zh-hans" dir="ltr">')
        assertContains(page, "手机号")
