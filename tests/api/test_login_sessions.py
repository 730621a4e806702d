from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sms_verification.models import Verification
from sms_verification.types import SmsMessage
from tests.api.conftest import Post, signed_in
from tests.factories import UserFactory
from tests.phones import right_code

pytestmark = pytest.mark.django_db

START = {"phone_number": "13800138000", "purpose": "login"}


class TestCsrf:
    """Or another site could sign a visitor in as somebody else."""

    @pytest.fixture
    def browser(self) -> Client:
        return Client(enforce_csrf_checks=True)

    def _log_in(self, browser: Client, mine: Verification, token: str = "") -> Any:
        return browser.post(
            "/sms/login/",
            {"verification": str(mine.pk), "code": right_code(mine.pk)},
            content_type="application/json",
            headers={"x-csrftoken": token} if token else {},
        )

    @pytest.mark.parametrize("token", ["", "x" * 32])
    @pytest.mark.parametrize("visiting", [False, True])
    def test_token_is_demanded_of_everybody(
        self, browser: Client, mine: Verification, token: str, visiting: bool
    ) -> None:
        visitor = UserFactory()
        if visiting:
            browser.force_login(visitor)
        response = self._log_in(browser, mine, token)
        assert response.status_code == 403
        assert response.json()["code"] == "permission_denied"
        assert signed_in(browser) == (visitor if visiting else None)
        assert Verification.objects.get().approved_at is None

    @pytest.mark.parametrize("visiting", [False, True])
    def test_token_of_a_start_is_taken(
        self, browser: Client, mine: Verification, visiting: bool, alice: Any
    ) -> None:
        started = browser.post(
            "/sms/verifications/",
            {"phone_number": "13900139000", "purpose": "register"},
            content_type="application/json",
        )
        token = started.cookies["csrftoken"].value
        if visiting:
            browser.force_login(UserFactory())
        assert self._log_in(browser, mine, token).status_code == 200
        assert signed_in(browser) == alice

    @pytest.mark.parametrize(
        "content_type",
        ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
    )
    def test_form_that_carries_the_token_is_still_no_json(
        self, browser: Client, mine: Verification, content_type: str
    ) -> None:
        """A form of another site is what a browser sends without asking."""
        browser.cookies["csrftoken"] = token = "a" * 32
        body = f"csrfmiddlewaretoken={token}&code={right_code(mine.pk)}".encode()
        if content_type.startswith("multipart"):
            body = (
                b'--x\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"'
                b"\r\n\r\n" + token.encode() + b"\r\n--x--\r\n"
            )
        response = browser.generic("POST", "/sms/login/", body, content_type)
        assert response.status_code == 415


class TestSession:
    def test_key_is_cycled(
        self, client: Client, post: Post, mine: Verification
    ) -> None:
        """A40: whoever planted the session cookie is not signed in with it."""
        post(
            "verifications/",
            {**START, "purpose": "register", "phone_number": "13900139000"},
        )
        planted = client.session.session_key
        body = {"verification": str(mine.pk), "code": right_code(mine.pk)}
        assert post("login/", body).status_code == 200
        assert client.session.session_key != planted
        assert not client.session.exists(planted)

    def test_of_somebody_else_is_emptied(
        self, client: Client, post: Post, mine: Verification, alice: Any
    ) -> None:
        client.force_login(UserFactory())
        session = client.session
        session["theirs"] = "secret"
        session.save()
        body = {"verification": str(mine.pk), "code": right_code(mine.pk)}
        assert post("login/", body).status_code == 200
        assert signed_in(client) == alice
        assert "theirs" not in client.session

    def test_holds_neither_code_nor_number(
        self, client: Client, post: Post, alice: Any, outbox: list[SmsMessage]
    ) -> None:
        post("verifications/", START)
        held = str(dict(client.session))
        assert outbox[0].code not in held
        assert "13800138000" not in held
