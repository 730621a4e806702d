from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.signals import user_login_failed
from django.test import Client

from sms_verification import verifications
from sms_verification.models import Verification
from sms_verification.types import SmsMessage
from tests.api.conftest import Post
from tests.factories import UserFactory, VerificationFactory
from tests.phones import ALICE, mistyped, right_code

pytestmark = pytest.mark.django_db

Outbox = list[SmsMessage]
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
REGISTER = {"phone_number": "138 0013 8000", "purpose": "register"}


class TestStart:
    def test_answers_with_what_a_client_needs(
        self, post: Post, clock: time_machine.Traveller
    ) -> None:
        response = post("verifications/", REGISTER)
        assert response.status_code == 201
        assert response.json() == {
            "id": str(Verification.objects.get().pk),
            "purpose": "register",
            "phone_number": "+86138****8000",
            "code_length": 6,
            "expires_at": "2026-01-05T12:05:00Z",
            "expires_in": 300,
            "resend_at": "2026-01-05T12:01:05Z",
            "resend_in": 65,
            "checks_left": 5,
            "delivery": "accepted",
        }

    def test_sends_the_code(self, post: Post, outbox: Outbox) -> None:
        response = post("verifications/", REGISTER)
        assert [message.phone_number for message in outbox] == [ALICE]
        assert outbox[0].code not in response.text

    def test_records_the_client(self, post: Post) -> None:
        headers = {"user-agent": "curl/8", "accept-language": "zh-hans"}
        post("verifications/", REGISTER, **headers)
        row = Verification.objects.get()
        assert (row.address, row.user_agent) == ("127.0.0.1", "curl/8")
        assert (row.language, row.user) == ("zh-hans", None)

    def test_records_who_is_signed_in(self, client: Client, post: Post) -> None:
        user = UserFactory()
        client.force_login(user)
        body = {**REGISTER, "purpose": "change_phone"}
        assert post("verifications/", body).status_code == 201
        assert Verification.objects.get().user == user

    def test_of_a_change_demands_a_signed_in_user(
        self, post: Post, outbox: Outbox
    ) -> None:
        response = post("verifications/", {**REGISTER, "purpose": "change_phone"})
        assert response.status_code == 403
        assert response.json() == {
            "detail": "Sign in first.",
            "code": "sign_in_required",
        }
        assert outbox == []

    def test_leaves_a_csrf_token_for_the_login(self, post: Post) -> None:
        assert "csrftoken" in post("verifications/", REGISTER).cookies
        assert "csrftoken" not in post("verifications/", REGISTER).cookies

    def test_is_never_cached(self, post: Post) -> None:
        response = post("verifications/", REGISTER)
        assert "no-store" in response["Cache-Control"]


class TestResume:
    def test_gives_back_what_the_session_holds(
        self, post: Post, outbox: Outbox
    ) -> None:
        first, second = (
            post("verifications/", REGISTER),
            post("verifications/", REGISTER),
        )
        assert (first.status_code, second.status_code) == (201, 200)
        assert second.json()["id"] == first.json()["id"]
        assert len(outbox) == 1

    def test_is_for_that_session_only(self, post: Post, outbox: Outbox) -> None:
        post("verifications/", REGISTER)
        response = Client().post(
            "/sms/verifications/", REGISTER, content_type="application/json"
        )
        assert response.status_code == 429
        assert len(outbox) == 1

    def test_holds_one_for_each_purpose(
        self, post: Post, clock: time_machine.Traveller
    ) -> None:
        first = post("verifications/", REGISTER)
        clock.shift(65)
        assert (
            post("verifications/", {**REGISTER, "purpose": "login"}).status_code == 201
        )
        assert post("verifications/", REGISTER).json()["id"] == first.json()["id"]


class TestLimits:
    def test_tell_when_to_come_again(
        self, client: Client, post: Post, clock: time_machine.Traveller
    ) -> None:
        post("verifications/", REGISTER)
        client.cookies.clear()
        clock.shift(12.5)
        response = post("verifications/", REGISTER)
        assert response.status_code == 429
        assert response["Retry-After"] == "53"
        assert response.json() == {
            "detail": "Too many messages. Try again later.",
            "code": "send_limited",
            "retry_after": 53,
        }
        clock.shift(53)
        assert post("verifications/", REGISTER).status_code == 201

    def test_of_checks_are_a_lock(self, post: Post, clock: Any) -> None:
        verification = VerificationFactory(phone_number__failed_checks=99)
        body = {"code": mistyped(right_code(verification.pk))}
        route = f"verifications/{verification.pk}/check/"
        assert post(route, body).json()["checks_left"] == 0
        response = post(route, {"code": right_code(verification.pk)})
        assert response.status_code == 429
        assert response["Retry-After"] == "86400"
        assert response.json() == {
            "detail": "Too many attempts. Try again later.",
            "code": "locked_out",
            "retry_after": 86400,
        }


class TestRetrieve:
    def test_says_the_same_as_start(
        self, client: Client, post: Post, clock: Any
    ) -> None:
        started = post("verifications/", REGISTER).json()
        response = client.get(f"/sms/verifications/{started['id']}/")
        assert (response.status_code, response.json()) == (200, started)

    def test_counts_the_seconds(
        self, client: Client, post: Post, clock: time_machine.Traveller
    ) -> None:
        started = post("verifications/", REGISTER).json()
        clock.shift(64.5)
        body = client.get(f"/sms/verifications/{started['id']}/").json()
        assert (body["expires_in"], body["resend_in"]) == (235, 1)

    def test_tells_no_check_that_cannot_succeed(
        self, client: Client, clock: time_machine.Traveller
    ) -> None:
        verification = VerificationFactory()
        clock.shift(300)
        body = client.get(f"/sms/verifications/{verification.pk}/").json()
        assert (body["checks_left"], body["expires_in"]) == (0, 0)
        assert (body["resend_at"], body["resend_in"]) == (None, None)
        assert body["delivery"] == "pending"

    @pytest.mark.parametrize("unknown", [uuid4(), "x"])
    def test_of_an_unknown_id_is_not_found(self, client: Client, unknown: Any) -> None:
        response = client.get(f"/sms/verifications/{unknown}/")
        assert response.status_code == 404
        assert response.json() == {
            "detail": "There is no such verification.",
            "code": "not_found",
        }


class TestResend:
    def test_sends_the_same_code_again(
        self, post: Post, clock: time_machine.Traveller, outbox: Outbox
    ) -> None:
        started = post("verifications/", REGISTER).json()
        clock.shift(65)
        response = post(f"verifications/{started['id']}/resend/")
        assert response.status_code == 200
        assert response.json()["id"] == started["id"]
        assert response.json()["expires_at"] == "2026-01-05T12:06:05Z"
        assert outbox[0].code == outbox[1].code

    def test_too_early_is_limited(self, post: Post, clock: Any) -> None:
        started = post("verifications/", REGISTER).json()
        response = post(f"verifications/{started['id']}/resend/")
        assert (response.status_code, response["Retry-After"]) == (429, "65")

    def test_of_a_dead_one_is_a_conflict(self, post: Post, outbox: Outbox) -> None:
        verification = VerificationFactory(checks_left=0)
        response = post(f"verifications/{verification.pk}/resend/")
        assert (response.status_code, response.json()["code"]) == (409, "not_pending")
        assert outbox == []


class TestCheck:
    def test_yields_a_proof(self, post: Post, clock: time_machine.Traveller) -> None:
        verification = VerificationFactory()
        route = f"verifications/{verification.pk}/check/"
        response = post(route, {"code": right_code(verification.pk)})
        assert response.status_code == 200
        assert response.json().keys() == {"proof", "expires_at"}
        assert response.json()["expires_at"] == "2026-01-05T12:10:00Z"
        assert "no-store" in response["Cache-Control"]
        spent = verifications.use(response.json()["proof"], "register")
        assert spent == verification

    def test_of_one_begun_elsewhere_leaves_nothing_in_a_session(
        self, client: Client, post: Post
    ) -> None:
        pk = VerificationFactory().pk
        response = post(f"verifications/{pk}/check/", {"code": right_code(pk)})
        assert response.status_code == 200
        assert "sessionid" not in client.cookies

    def test_of_a_wrong_code_tells_what_is_left(self, post: Post) -> None:
        verification = VerificationFactory()
        body = {"code": mistyped(right_code(verification.pk))}
        response = post(f"verifications/{verification.pk}/check/", body)
        assert response.status_code == 400
        assert response.json() == {
            "detail": "The code is wrong or no longer valid.",
            "code": "invalid_code",
            "checks_left": 4,
        }

    @pytest.mark.parametrize(
        "over",
        [
            {"created_at": NOON - HOUR, "expires_at": NOON},
            {"checks_left": 0},
            {"approved_at": NOON},
            {"approved_at": NOON, "used_at": NOON},
        ],
    )
    def test_has_one_answer_for_all_that_is_over(
        self, post: Post, clock: time_machine.Traveller, over: dict[str, Any]
    ) -> None:
        verification = VerificationFactory(**over)
        code = {"code": right_code(verification.pk)}
        response = post(f"verifications/{verification.pk}/check/", code)
        unknown = post(f"verifications/{uuid4()}/check/", code)
        assert response.status_code == unknown.status_code == 400
        assert response.content == unknown.content
        assert response.json()["checks_left"] == 0


class TestFailedLogins:
    """Who counts failed logins hears of a wrong code that is only checked, too."""

    @pytest.fixture
    def heard(self) -> Iterator[list[dict[str, Any]]]:
        heard: list[dict[str, Any]] = []

        def hear(sender: Any, credentials: dict[str, Any], **more: Any) -> None:
            heard.append({**credentials, "path": more["request"].path})

        user_login_failed.connect(hear)
        yield heard
        user_login_failed.disconnect(hear)

    @pytest.mark.parametrize(
        ("purpose", "times"), [("login", 1), ("register", 1), ("reset_password", 0)]
    )
    def test_are_told_without_the_code(
        self, client: Client, heard: list[dict[str, Any]], purpose: str, times: int
    ) -> None:
        pk = VerificationFactory(purpose=purpose).pk
        path = f"/sms/verifications/{pk}/check/"
        for code in (mistyped(right_code(pk)), right_code(pk)):
            client.post(path, {"code": code}, content_type="application/json")
        told = {"verification_id": pk, "secret_code": "*" * 20, "path": path}
        assert heard == [told] * times
