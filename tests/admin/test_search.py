from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from sms_verification.admin import search
from tests.admin.conftest import VIEW
from tests.factories import PhoneNumberFactory, VerificationFactory
from tests.phones import ALICE

pytestmark = pytest.mark.django_db

SEARCH = "/admin/sms_verification/phonenumber/search/"
LANDLINE = "+862066667777"


def timeline(pk: int) -> str:
    return reverse("admin:sms_verification_phonenumber_change", args=[pk])


class TestSearch:
    @pytest.mark.parametrize(
        "text",
        [
            "13800138000",
            "138 0013 8000",
            "+86-138-0013-8000",
            "008613800138000",
            "１３８ ００１３ ８０００",
            "\u202a+8613800138000\u202c",
            "  tel:+8613800138000 ",
        ],
    )
    def test_finds_a_number_as_people_write_it(
        self, staff_client: Client, text: str
    ) -> None:
        number = PhoneNumberFactory(number=ALICE)
        response = staff_client.post(SEARCH, {"text": text})
        assert (response.status_code, response.headers["Location"]) == (
            302,
            timeline(number.pk),
        )

    def test_finds_the_number_of_an_attempt(self, staff_client: Client) -> None:
        attempt = VerificationFactory()
        url = timeline(attempt.phone_number_id)
        for text in (str(attempt.pk), f" {attempt.pk.hex.upper()} "):
            response = staff_client.post(SEARCH, {"text": text})
            assert response.headers["Location"] == (
                f"{url}?upto={attempt.pk}#v-{attempt.pk}"
            )

    def test_takes_an_attempt_of_digits_for_one(self, staff_client: Client) -> None:
        """32 digits are an id, and too many for a number."""
        page = staff_client.post(SEARCH, {"text": "1" * 32})
        assert "There is no attempt with this id." in page.text

    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            ("12345", "no phone number that exists"),
            ("13800138000 13900139000", "no phone number that exists"),
            ("alice", "no phone number that exists"),
            ("13900139000", "No code was ever sent to +86139****9000."),
            (
                "019b8d3f-5a7c-7e21-b4c0-d1e2f3a4b5c6",
                "There is no attempt with this id.",
            ),
            (LANDLINE, "kind of +8620****7777"),
        ],
    )
    def test_says_why_it_finds_nothing(
        self, staff_client: Client, text: str, answer: str
    ) -> None:
        page = staff_client.post(SEARCH, {"text": text})
        assert page.status_code == 200
        assert answer in page.text
        assert 'aria-invalid="true"' in page.text

    def test_gives_back_what_can_be_mended(self, staff_client: Client) -> None:
        page = staff_client.post(SEARCH, {"text": '"><script>1</script>'})
        assert 'value="&quot;&gt;&lt;script&gt;1&lt;/script&gt;"' in page.text

    def test_names_the_country_code_where_none_is_the_sites_own(
        self, staff_client: Client, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_DEFAULT_REGION = None
        page = staff_client.post(SEARCH, {"text": "13800138000"})
        assert "with its country code, as in +86" in page.text

    @pytest.mark.parametrize("form", [{}, {"text": ""}, {"text": "1" * 101}])
    def test_shows_its_form_for_nothing(
        self, staff_client: Client, form: dict[str, str]
    ) -> None:
        page = staff_client.post(SEARCH, form)
        assert page.status_code == 200
        assert 'id="sms-search-text"' in page.text

    @pytest.mark.parametrize("model", ["phonenumber", "verification", "delivery"])
    def test_stands_above_each_list(self, staff_client: Client, model: str) -> None:
        page = staff_client.get(f"/admin/sms_verification/{model}/")
        assert f'action="{SEARCH}"' in page.text

    def test_takes_no_form_of_another_site(self, staff_client: Client) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = staff_client.cookies
        assert strict.post(SEARCH, {"text": ALICE}).status_code == 403


class TestPrivacy:
    @pytest.mark.parametrize("on_record", [True, False])
    @pytest.mark.parametrize("text", [ALICE, "１３８００１３８０００", "138001380001"])
    def test_leaves_the_number_in_no_address_cookie_session_or_log(
        self,
        staff_client: Client,
        caplog: pytest.LogCaptureFixture,
        on_record: bool,
        text: str,
    ) -> None:
        if on_record:
            PhoneNumberFactory(number=ALICE)
        with caplog.at_level(logging.DEBUG, logger="django"):
            response = staff_client.post(SEARCH, {"text": text})
        kept = [
            str(response.headers),
            str(response.cookies),
            *(str(session.get_decoded()) for session in Session.objects.all()),
            *(
                record.getMessage()
                for record in caplog.records
                # It writes each statement with its parameters.
                if record.name != "django.db.backends"
            ),
        ]
        assert [what for what in kept if "13800138000" in what or text in what] == []


class TestGuessing:
    """With the mask before their eyes, staff could try out what is behind it."""

    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(search, "SEARCHES", "2/h")

    def ask(self, client: Client, count: int) -> Any:
        for last in range(count):
            page = client.post(SEARCH, {"text": f"1390013900{last}"})
        return page

    def test_ends_after_so_many_numbers(
        self, staff_client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert "No code was ever sent" in self.ask(staff_client, 2).text
        assert caplog.messages == []
        PhoneNumberFactory(number=ALICE)
        page = staff_client.post(SEARCH, {"text": ALICE[3:]})
        assert page.status_code == 200
        assert "You have searched for too many numbers." in page.text
        assert ALICE[3:] not in page.text
        pk = staff_client.session["_auth_user_id"]
        said = f"Staff user {pk} searches for more numbers than 2/h."
        assert caplog.messages == [said]

    def test_is_counted_for_each_of_staff(
        self, staff_with: Callable[..., Client]
    ) -> None:
        self.ask(staff_with(*VIEW), 3)
        assert "No code was ever sent" in self.ask(staff_with(*VIEW), 1).text

    def test_is_no_guessing_for_who_sees_full_numbers(
        self, staff_with: Callable[..., Client]
    ) -> None:
        client = staff_with(*VIEW, "view_full_number")
        assert "No code was ever sent" in self.ask(client, 3).text

    def test_is_not_what_a_typing_error_or_an_id_is(self, staff_client: Client) -> None:
        attempt = VerificationFactory()
        for text in ("12345", str(attempt.pk)) * 2:
            staff_client.post(SEARCH, {"text": text})
        assert "No code was ever sent" in self.ask(staff_client, 2).text

    def test_is_not_opened_by_a_cache_that_is_down(
        self,
        staff_client: Client,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def crash(*args: Any, **kwargs: Any) -> None:
            raise ConnectionError("redis://secret@host")

        monkeypatch.setattr(search, "get_usage", crash)
        assert "too many numbers" in self.ask(staff_client, 1).text
        assert caplog.messages == ["The search needs the cache: ConnectionError."]
