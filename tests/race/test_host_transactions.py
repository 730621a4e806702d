"""A host whose transactions could undo a counted check is told so, loudly."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import PermissionDenied
from django.db import connection, connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from sms_verification import verifications
from sms_verification.exceptions import InTransaction
from sms_verification.messages import code_of
from sms_verification.models import Verification
from sms_verification.types import SmsMessage
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory
from tests.race.databases import connected

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.race.test_host_transactions"),
]


def authenticating(request: HttpRequest) -> HttpResponse:
    credentials = {
        "phone_number": request.POST["phone_number"],
        "verification_id": request.POST["id"],
        "secret_code": request.POST["code"],
    }
    if authenticate(request, **credentials) is None:
        raise PermissionDenied
    return HttpResponse("welcome")


def checking(request: HttpRequest) -> HttpResponse:
    if verifications.check(UUID(request.POST["id"]), request.POST["code"]) is None:
        raise RuntimeError("Wrong, and this view does not expect it.")
    return HttpResponse("welcome")


@api_view(["POST"])
def checking_with_drf(request: Request) -> Response:
    given: Any = request.data
    if verifications.check(UUID(given["id"]), given["code"]) is None:
        # DRF rolls the request's transaction back for it.
        raise ValidationError("Wrong.")
    return Response("welcome")


@transaction.non_atomic_requests
def checking_outside(request: HttpRequest) -> HttpResponse:
    return checking(request)


urlpatterns = [
    path("authenticating/", authenticating),
    path("checking/", checking),
    path("checking-with-drf/", checking_with_drf),
    path("checking-outside/", checking_outside),
    path("sms/", include("sms_verification.urls")),
]

INSIDE = ["/authenticating/", "/checking/", "/checking-with-drf/"]


@pytest.fixture
def verification() -> Verification:
    number = PhoneNumberFactory.create(user=UserFactory.create())
    return VerificationFactory.create(phone_number=number, purpose="login")


def wrong(verification: Verification) -> str:
    return "000000" if code_of(verification) != "000000" else "000001"


def post(url: str, verification: Verification, code: str) -> Any:
    data = {
        "phone_number": verification.phone_number.number,
        "id": str(verification.pk),
        "code": code,
    }
    return Client(raise_request_exception=False).post(url, data)


def check_by_the_apps_view(verification: Verification, code: str) -> Any:
    url = f"/sms/verifications/{verification.pk}/check/"
    return Client().post(url, json.dumps({"code": code}), "application/json")


def assert_untouched(verification: Verification) -> None:
    verification.refresh_from_db()
    assert verification.checks_left == 5
    assert verification.approved_at is None
    assert verification.phone_number.failed_checks == 0


class AtomicRequestsTests:
    @pytest.fixture(autouse=True)
    def _atomic_requests(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for configured in (connections.settings["default"], connection.settings_dict):
            monkeypatch.setitem(configured, "ATOMIC_REQUESTS", True)

    @pytest.mark.parametrize("url", INSIDE)
    def test_wrong_code_in_a_hosts_view_is_refused_and_not_compared(
        self, url: str, verification: Verification, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.ERROR, "django.request"):
            response = post(url, verification, wrong(verification))
        assert response.status_code == 500
        [error] = [record.exc_info for record in caplog.records if record.exc_info]
        assert error[0] is InTransaction
        assert "@transaction.non_atomic_requests" in str(error[1])
        assert_untouched(verification)

    @pytest.mark.parametrize("url", INSIDE)
    def test_right_code_in_a_hosts_view_is_refused_and_stays_good(
        self, url: str, verification: Verification
    ) -> None:
        assert post(url, verification, code_of(verification)).status_code == 500
        assert_untouched(verification)
        response = check_by_the_apps_view(verification, code_of(verification))
        assert response.status_code == 200

    def test_view_outside_of_the_transaction_counts_though_it_raises(
        self, verification: Verification
    ) -> None:
        response = post("/checking-outside/", verification, wrong(verification))
        assert response.status_code == 500
        verification.refresh_from_db()
        assert verification.checks_left == 4
        assert verification.phone_number.failed_checks == 1

    def test_apps_check_counts_though_it_answers_400(
        self, verification: Verification
    ) -> None:
        response = check_by_the_apps_view(verification, wrong(verification))
        assert response.status_code == 400
        verification.refresh_from_db()
        assert verification.checks_left == 4
        assert verification.phone_number.failed_checks == 1

    def test_apps_login_counts_though_it_answers_400(
        self, verification: Verification
    ) -> None:
        client = Client(headers={"X-CSRFToken": "a" * 32}, enforce_csrf_checks=True)
        client.cookies["csrftoken"] = "a" * 32
        body = {"verification": str(verification.pk), "code": wrong(verification)}
        response = client.post("/sms/login/", json.dumps(body), "application/json")
        assert response.status_code == 400
        verification.refresh_from_db()
        assert verification.checks_left == 4


Verb = Callable[[Verification], Any]

VERBS: dict[str, Verb] = {
    "start": lambda row: verifications.start("+8613800138000", "register"),
    "resend": lambda row: verifications.resend(row.pk),
    "check": lambda row: verifications.check(row.pk, wrong(row)),
}


@pytest.mark.parametrize("verb", VERBS)
class CallerInATransactionTests:
    """Nothing is written, nothing sent and nothing compared."""

    def assert_refused(
        self, verb: str, verification: Verification, outbox: list[SmsMessage]
    ) -> None:
        with pytest.raises(InTransaction, match=rf"{verb}\(\) was called inside"):
            VERBS[verb](verification)
        assert outbox == []

    def test_atomic_block_is_refused(
        self, verb: str, verification: Verification, outbox: list[SmsMessage]
    ) -> None:
        with transaction.atomic():
            self.assert_refused(verb, verification, outbox)
        assert_untouched(verification)

    def test_autocommit_switched_off_is_refused(
        self, verb: str, verification: Verification, outbox: list[SmsMessage]
    ) -> None:
        transaction.set_autocommit(False)
        try:
            self.assert_refused(verb, verification, outbox)
        finally:
            transaction.rollback()
            transaction.set_autocommit(True)
        assert_untouched(verification)


@pytest.mark.parametrize("verb", VERBS)
class HostWithoutAutocommitTests:
    """``AUTOCOMMIT: False`` in ``DATABASES``, and a connection that is not yet open."""

    @pytest.fixture(autouse=True)
    def _without_autocommit(self, verification: Verification) -> Iterator[None]:
        with connected(AUTOCOMMIT=False):
            yield

    def test_call_is_refused(self, verb: str, verification: Verification) -> None:
        with pytest.raises(InTransaction):
            VERBS[verb](verification)
