"""Which verification a login means: the one named, the session's, or none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import authenticate
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory

from sms_verification import clients
from sms_verification.backends import refusal
from sms_verification.exceptions import (
    InvalidCode,
)
from sms_verification.models import Verification
from tests.factories import UserFactory, VerificationFactory
from tests.phones import ALICE, BOB, mistyped, right_code

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def request_() -> HttpRequest:
    request = RequestFactory().post("/")
    request.session = SessionStore()
    return request


@pytest.fixture
def alice() -> Any:
    return UserFactory()


@pytest.fixture
def pending(alice: Any) -> Verification:
    return VerificationFactory(
        purpose="login", phone_number__number=ALICE, phone_number__user=alice
    )


@pytest.fixture
def code(pending: Verification) -> str:
    return right_code(pending.pk)


class TestWhich:
    def test_is_the_one_named(
        self, request_: HttpRequest, pending: Verification, code: str, alice: Any
    ) -> None:
        user = authenticate(request_, verification_id=pending.pk, secret_code=code)
        assert user == alice
        assert user.backend == "sms_verification.backends.PhoneCodeBackend"

    def test_may_be_named_by_a_string(
        self, request_: HttpRequest, pending: Verification, code: str, alice: Any
    ) -> None:
        named = str(pending.pk)
        assert authenticate(request_, verification_id=named, secret_code=code) == alice

    def test_is_the_session_s(
        self, request_: HttpRequest, pending: Verification, code: str, alice: Any
    ) -> None:
        clients.hold(request_, "login", pending.pk)
        assert authenticate(request_, secret_code=code) == alice

    def test_is_the_session_s_for_login_only(
        self, request_: HttpRequest, pending: Verification, code: str
    ) -> None:
        clients.hold(request_, "register", pending.pk)
        assert authenticate(request_, secret_code=code) is None

    def test_is_the_one_named_before_the_session_s(
        self, request_: HttpRequest, pending: Verification, code: str, alice: Any
    ) -> None:
        clients.hold(request_, "login", uuid4())
        user = authenticate(request_, verification_id=pending.pk, secret_code=code)
        assert user == alice

    def test_is_the_latest_of_the_number_for_a_caller_without_request(
        self, pending: Verification, code: str, alice: Any
    ) -> None:
        user = authenticate(None, phone_number="138 0013 8000", secret_code=code)
        assert user == alice

    def test_is_never_guessed_by_number_where_there_is_a_request(
        self, request_: HttpRequest, pending: Verification, code: str
    ) -> None:
        """A12: or a stranger could use up the checks of any number's owner."""
        for given in (mistyped(code), code):
            assert authenticate(request_, phone_number=ALICE, secret_code=given) is None
        row = Verification.objects.get()
        assert (row.checks_left, row.approved_at) == (5, None)

    def test_must_be_of_the_number_given(
        self, request_: HttpRequest, pending: Verification, code: str, alice: Any
    ) -> None:
        """A31."""
        given = {"verification_id": pending.pk, "secret_code": code}
        assert authenticate(request_, phone_number=BOB, **given) is None
        assert Verification.objects.get().approved_at is None
        assert authenticate(request_, phone_number=ALICE, **given) == alice

    @pytest.mark.parametrize("named", ["mine", "", 5, True, "\0", uuid4()])
    def test_that_is_none_of_ours_is_an_invalid_code(
        self, request_: HttpRequest, pending: Verification, code: str, named: Any
    ) -> None:
        given = {"verification_id": named, "secret_code": code}
        assert authenticate(request_, **given) is None
        assert authenticate(request_, phone_number=ALICE, **given) is None
        assert isinstance(refusal(request_), InvalidCode)

    def test_that_is_none_at_all_is_an_invalid_code(
        self, pending: Verification, code: str
    ) -> None:
        assert authenticate(None, secret_code=code) is None
        assert authenticate(None, phone_number=BOB, secret_code=code) is None
        assert authenticate(RequestFactory().get("/"), secret_code=code) is None
