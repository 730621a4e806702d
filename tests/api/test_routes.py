"""What holds for every route: methods, errors, transactions, error reports."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.core.signals import got_request_exception
from django.db import DatabaseError, connections
from django.test import Client
from django.views.debug import ExceptionReporter

from sms_verification import storage
from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import SmsMessage
from tests.api.conftest import Post
from tests.factories import VerificationFactory
from tests.phones import mistyped, right_code
from tests.vendors import refusing, silent

pytestmark = pytest.mark.django_db

Outbox = list[SmsMessage]
REGISTER = {"phone_number": "13800138000", "purpose": "register"}


class TestDelivery:
    def test_that_everybody_refused_is_unavailable(
        self, post: Post, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": refusing("balance")}
        response = post("verifications/", REGISTER)
        assert response.status_code == 503
        assert response.json()["code"] == "delivery_failed"
        assert post("verifications/", REGISTER).status_code == 503

    @pytest.mark.parametrize("reason", ["invalid_number", "rate_limited", "opted_out"])
    def test_refused_for_the_person_s_sake_has_failed(
        self, post: Post, settings: Any, reason: str
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": refusing(reason)}
        response = post("verifications/", REGISTER)
        assert (response.status_code, response.json()["delivery"]) == (201, "failed")
        assert reason not in response.text

    def test_unknown_is_pending(self, post: Post, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": silent()}
        response = post("verifications/", REGISTER)
        assert (response.status_code, response.json()["delivery"]) == (201, "pending")


class TestMethods:
    """A27: nothing but a POST sends or compares anything."""

    @pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete"])
    @pytest.mark.parametrize(
        "route",
        [
            "verifications/",
            "verifications/{}/resend/",
            "verifications/{}/check/",
            "login/",
        ],
    )
    def test_others_are_not_allowed(
        self, client: Client, outbox: Outbox, method: str, route: str
    ) -> None:
        verification = VerificationFactory()
        response = getattr(client, method)("/sms/" + route.format(verification.pk))
        assert response.status_code == 405
        if method != "head":
            assert response.json()["code"] == "method_not_allowed"
        assert outbox == []

    def test_options_send_nothing(self, client: Client, outbox: Outbox) -> None:
        for route in ("verifications/", "login/"):
            assert client.options(f"/sms/{route}").status_code == 200
        assert (outbox, PhoneNumber.objects.count()) == ([], 0)


class TestErrors:
    """Whatever DRF refuses of itself has a code beside its text."""

    def test_of_a_format_that_is_not_json(self, client: Client) -> None:
        response = client.get("/sms/verifications/x/?format=xml")
        assert response.status_code == 404
        assert response.json() == {"detail": "Not found.", "code": "not_found"}

    def test_of_an_answer_that_is_not_json(self, client: Client) -> None:
        headers = {"accept": "text/html"}
        response = client.get("/sms/verifications/x/", headers=headers)
        assert response.status_code == 406
        assert response.json()["code"] == "not_acceptable"

    @pytest.mark.parametrize("route", ["verifications/", "login/"])
    def test_of_credentials_that_are_wrong(self, post: Post, route: str) -> None:
        response = post(route, REGISTER, authorization="Basic x")
        assert response.status_code == 403
        assert response.json()["code"] == "authentication_failed"

    def test_in_fields_have_none(self, post: Post) -> None:
        body = post("verifications/", {**REGISTER, "purpose": "unlisted"}).json()
        assert body == {"purpose": ["This is no purpose of this site."]}

    def test_are_in_the_person_s_language_where_it_is_known(self, post: Post) -> None:
        headers = {"accept-language": "zh-hans"}
        english = post("verifications/x/resend/").json()
        chinese = post("verifications/x/resend/", **headers).json()
        assert english["code"] == chinese["code"] == "not_found"


class TestAtomicRequests:
    """A11: the host's setting must not make a guess free."""

    def test_do_not_reach_the_views(
        self, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
        verification = VerificationFactory(purpose="login")
        code = {"code": mistyped(right_code(verification.pk))}
        assert post("verifications/", REGISTER).status_code == 201
        post(f"verifications/{verification.pk}/check/", code)
        post("login/", {**code, "verification": str(verification.pk)})
        verification.refresh_from_db()
        assert verification.checks_left == 3


class TestErrorReport:
    """Of what the database broke off: no code, no number, no body."""

    def _report(self, client: Client, route: str, body: dict[str, str]) -> str:
        reports = []

        def listen(request: Any, **kwargs: Any) -> None:
            reporter = ExceptionReporter(request, *sys.exc_info())
            reports.append(
                reporter.get_traceback_html() + reporter.get_traceback_text()
            )

        client.raise_request_exception = False
        got_request_exception.connect(listen)
        try:
            response = client.post(
                f"/sms/{route}", body, content_type="application/json"
            )
        finally:
            got_request_exception.disconnect(listen)
        assert response.status_code == 500
        [report] = reports
        assert "The database is gone." in report
        return str(report)

    @pytest.mark.parametrize(
        "route", ["verifications/", "verifications/{}/check/", "login/"]
    )
    def test_tells_neither_code_nor_number(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, route: str
    ) -> None:
        def fail(*args: Any, **kwargs: Any) -> None:
            raise DatabaseError("The database is gone.")

        monkeypatch.setattr(storage, "find", fail)
        monkeypatch.setattr(storage, "find_number", fail)
        pk = str(Verification().pk)
        code, number = "828172"[::-1], "00083100831"[::-1]
        body = {"verification": pk, "code": code}
        if route == "verifications/":
            body = {"phone_number": number, "purpose": "register"}
        report = self._report(client, route.format(pk), body)
        assert code not in report
        assert number not in report
