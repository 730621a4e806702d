"""The names that django-axes is given. With axes itself: ``tests/recipes``."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory

from sms_verification import clients, proofs
from sms_verification.axes import username
from sms_verification.models import PhoneNumber, Verification
from tests.factories import PhoneNumberFactory, VerificationFactory
from tests.phones import ALICE

pytestmark = pytest.mark.django_db

# As Django masks what begins with "secret" for who hears of a failed login.
MASKED = "*" * 20


@pytest.fixture
def number() -> PhoneNumber:
    return PhoneNumberFactory(number=ALICE)


@pytest.fixture
def verification(number: PhoneNumber) -> Verification:
    return VerificationFactory(phone_number=number, purpose="login")


@pytest.fixture
def request_(rf: RequestFactory) -> HttpRequest:
    request = rf.post("/sms/login/")
    request.session = SessionStore()
    return request


class TestCode:
    def test_is_named_by_its_number(
        self, request_: HttpRequest, verification: Verification
    ) -> None:
        for id_ in (verification.pk, str(verification.pk)):
            given = {"verification_id": id_, "secret_code": MASKED}
            assert username(request_, given) == f"sms:{verification.phone_number.pk}"

    def test_the_next_has_the_same_name(
        self, request_: HttpRequest, verification: Verification
    ) -> None:
        next_one = VerificationFactory(phone_number=verification.phone_number)
        assert {
            username(request_, {"verification_id": v.pk, "secret_code": "1"})
            for v in (verification, next_one)
        } == {f"sms:{verification.phone_number.pk}"}

    def test_is_the_sessions_where_none_is_named(
        self, request_: HttpRequest, verification: Verification
    ) -> None:
        clients.hold(request_, "login", verification.pk)
        given = {"verification_id": None, "secret_code": MASKED}
        assert username(request_, given) == f"sms:{verification.phone_number.pk}"

    @pytest.mark.parametrize("id_", [None, "", "none", 5, uuid4()])
    def test_of_no_verification_has_no_name(
        self, request_: HttpRequest, id_: object
    ) -> None:
        given = {"verification_id": id_, "secret_code": MASKED}
        assert username(request_, given) is None

    def test_a_stranger_cannot_fail_in_the_name_of_a_number(
        self, request_: HttpRequest, number: PhoneNumber
    ) -> None:
        VerificationFactory(phone_number=number, purpose="login")
        given: dict[str, Any] = {"phone_number": ALICE, "secret_code": MASKED}
        assert username(request_, given) is None
        given["verification_id"] = uuid4()
        assert username(request_, given) is None
        mine = VerificationFactory()
        given["verification_id"] = mine.pk
        assert username(request_, given) == f"sms:{mine.phone_number.pk}"

    def test_is_looked_up_once_a_request(
        self,
        request_: HttpRequest,
        verification: Verification,
        django_assert_num_queries: Any,
    ) -> None:
        given = {"verification_id": verification.pk, "secret_code": MASKED}
        with django_assert_num_queries(1):
            names = {username(request_, given) for _ in range(6)}
        assert names == {f"sms:{verification.phone_number.pk}"}


class TestProof:
    def test_is_named_by_its_number_also_when_it_is_masked(
        self, request_: HttpRequest, verification: Verification
    ) -> None:
        proof = proofs.write(verification.pk)
        name = f"sms:{verification.phone_number.pk}"
        assert username(request_, {"secret_proof": proof}) == name
        assert username(request_, {"secret_proof": MASKED}) == name

    def test_that_goes_on_from_elsewhere_is_named_too(
        self, request_: HttpRequest, verification: Verification
    ) -> None:
        proof = proofs.write(verification.pk, goes_on=True)
        name = f"sms:{verification.phone_number.pk}"
        assert username(request_, {"secret_proof": proof}) == name

    @pytest.mark.parametrize("proof", ["forged", 5, MASKED])
    def test_forged_has_no_name(self, request_: HttpRequest, proof: object) -> None:
        assert username(request_, {"secret_proof": proof}) is None


class TestSuccess:
    """Axes asks again by the name of the user who was logged in."""

    def test_is_of_the_number(
        self, request_: HttpRequest, verification: Verification
    ) -> None:
        username(
            request_, {"verification_id": verification.pk, "secret_code": "123456"}
        )
        name = f"sms:{verification.phone_number.pk}"
        assert username(request_, {"username": "alice"}) == name

    def test_by_password_is_of_the_user_though_a_code_had_failed(
        self, request_: HttpRequest, verification: Verification
    ) -> None:
        username(
            request_, {"verification_id": verification.pk, "secret_code": "123456"}
        )
        username(request_, {"username": "alice", "password": "x"})
        assert username(request_, {"username": "alice"}) == "alice"


class TestPassword:
    def test_is_named_as_axes_does(self, rf: RequestFactory) -> None:
        request = rf.post("/", {"username": "bob"})
        assert username(request, {"username": "alice", "password": "x"}) == "alice"
        assert username(request, {"password": "x"}) is None
        assert username(request, None) == "bob"
        assert username(request) == "bob"

    def test_is_named_by_axes_own_field(
        self, rf: RequestFactory, settings: Any
    ) -> None:
        settings.AXES_USERNAME_FORM_FIELD = "email"
        request = rf.post("/", {"username": "bob", "email": "b@example.com"})
        assert username(request, {"email": "a@example.com"}) == "a@example.com"
        assert username(request) == "b@example.com"
