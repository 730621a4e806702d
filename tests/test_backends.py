from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate, authenticate
from django.contrib.auth.signals import user_login_failed
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.http import HttpRequest
from django.test import RequestFactory

from sms_verification import backends, proofs
from sms_verification.backends import PhoneCodeBackend, refusal
from sms_verification.exceptions import (
    InTransaction,
    InvalidCode,
    InvalidPhoneNumber,
    LockedOut,
    NoAccount,
)
from sms_verification.models import Verification
from sms_verification.verifications import check
from tests.factories import UserFactory, VerificationFactory
from tests.phones import ALICE, mistyped, right_code

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


class PathTests:
    def test_is_what_the_host_has_installed(self, settings: Any) -> None:
        model = "django.contrib.auth.backends.ModelBackend"
        settings.AUTHENTICATION_BACKENDS = [model, f"{__name__}.Subclass"]
        assert backends.path() == f"{__name__}.Subclass"

    def test_is_ours_where_there_is_none(self, settings: Any) -> None:
        model = "django.contrib.auth.backends.ModelBackend"
        settings.AUTHENTICATION_BACKENDS = [model]
        assert backends.path() == "sms_verification.backends.PhoneCodeBackend"


class Subclass(PhoneCodeBackend):
    """A host's own."""


class TestAnswer:
    def test_is_none_for_a_wrong_code_and_counts_it(
        self, request_: HttpRequest, pending: Verification, code: str
    ) -> None:
        given = {"verification_id": pending.pk, "secret_code": mistyped(code)}
        assert authenticate(request_, **given) is None
        error = refusal(request_)
        assert isinstance(error, InvalidCode)
        assert error.checks_left == Verification.objects.get().checks_left == 4

    def test_is_the_same_for_an_inactive_user_as_for_an_expired_code(
        self, request_: HttpRequest, pending: Verification, code: str, alice: Any
    ) -> None:
        """A35."""
        alice.is_active = False
        alice.save()
        given = {"verification_id": pending.pk, "secret_code": code}
        assert authenticate(request_, **given) is None
        error = refusal(request_)
        assert type(error) is InvalidCode
        assert error.checks_left == 0

    def test_names_a_lock(
        self, request_: HttpRequest, pending: Verification, code: str
    ) -> None:
        number = pending.phone_number
        number.locked_until = datetime(2100, 1, 1, tzinfo=UTC)
        number.save()
        given = {"verification_id": pending.pk, "secret_code": code}
        assert authenticate(request_, **given) is None
        assert isinstance(refusal(request_), LockedOut)

    def test_is_a_lock_for_an_address_past_its_limit(
        self, request_: HttpRequest, pending: Verification, code: str, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_CLIENT_LIMITS = {"check": ["1/h"]}
        given = {"verification_id": pending.pk, "secret_code": mistyped(code)}
        authenticate(request_, **given)
        assert authenticate(request_, **given) is None
        assert isinstance(refusal(request_), LockedOut)
        assert Verification.objects.get().checks_left == 4

    def test_names_a_number_that_is_none(self, request_: HttpRequest) -> None:
        assert authenticate(request_, phone_number="x", secret_code="1") is None
        assert isinstance(refusal(request_), InvalidPhoneNumber)

    def test_is_an_invalid_code_where_nothing_was_asked(
        self, request_: HttpRequest
    ) -> None:
        assert isinstance(refusal(request_), InvalidCode)

    @pytest.mark.parametrize(
        "credentials",
        [
            {"secret_code": 123456},
            {"secret_code": True},
            {"secret_code": ["123456"]},
            {"secret_proof": 1},
            {"secret_code": "123456", "phone_number": 13800138000},
        ],
    )
    def test_is_an_invalid_code_for_what_is_no_text(
        self, request_: HttpRequest, pending: Verification, credentials: dict[str, Any]
    ) -> None:
        """A13, for hosts that hand on what their clients send."""
        credentials = {"verification_id": pending.pk, **credentials}
        assert authenticate(request_, **credentials) is None
        assert type(refusal(request_)) is InvalidCode
        assert Verification.objects.get(pk=pending.pk).checks_left == 5

    def test_is_loud_inside_a_transaction(
        self, request_: HttpRequest, pending: Verification, code: str
    ) -> None:
        given = {"verification_id": pending.pk, "secret_code": mistyped(code)}
        with transaction.atomic(), pytest.raises(InTransaction):
            authenticate(request_, **given)

    def test_is_none_for_a_staff_account_of_a_test_number(
        self, pending: Verification, alice: Any, settings: Any, clock: Any
    ) -> None:
        entry = {"secret_code": "123456", "until": date(2026, 1, 5)}
        settings.SMS_VERIFICATION_TEST_NUMBERS = {ALICE: entry}
        alice.is_staff = True
        alice.save()
        assert authenticate(None, phone_number=ALICE, secret_code="123456") is None


class TestProof:
    def test_is_taken_in_place_of_a_code(
        self, request_: HttpRequest, pending: Verification, code: str, alice: Any
    ) -> None:
        check(pending.pk, code)
        proof = proofs.write(pending.pk)
        assert authenticate(request_, secret_proof=proof) == alice
        assert authenticate(request_, secret_proof=proof) is None

    def test_of_nobody_s_number_is_told_to_the_view(
        self, request_: HttpRequest
    ) -> None:
        verification = VerificationFactory(purpose="login", approved_at=NOON)
        proof = proofs.write(verification.pk)
        Verification.objects.update(approved_at=verification.created_at)
        assert authenticate(request_, secret_proof=proof) is None
        assert isinstance(refusal(request_), NoAccount)

    def test_of_an_inactive_user_is_invalid(
        self, request_: HttpRequest, pending: Verification, code: str, alice: Any
    ) -> None:
        alice.is_active = False
        alice.save()
        check(pending.pk, code)
        assert authenticate(request_, secret_proof=proofs.write(pending.pk)) is None
        assert type(refusal(request_)) is InvalidCode


class Strict(PhoneCodeBackend):
    """A host's, that lets in fewer."""

    def user_can_authenticate(self, user: Any) -> bool:
        return False


class TestHostsBackend:
    def test_has_the_last_word_on_who_gets_in(
        self, request_: HttpRequest, pending: Verification, code: str
    ) -> None:
        given = {"verification_id": pending.pk, "secret_code": code}
        assert Strict().authenticate(request_, **given) is None
        assert type(refusal(request_)) is InvalidCode


class TestOtherCredentials:
    """Of other backends, which this one must not be confused by."""

    def test_a_password_still_logs_in(self, request_: HttpRequest) -> None:
        user = UserFactory(username="bob")
        user.set_password("open sesame")
        user.save()
        given = {"username": "bob", "password": "open sesame"}
        assert authenticate(request_, **given) == user
        assert async_to_sync(aauthenticate)(request_, **given) == user

    def test_a_number_alone_is_none_of_ours(
        self, pending: Verification, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(0):
            assert PhoneCodeBackend().authenticate(None, phone_number=ALICE) is None

    def test_the_backend_finds_users_again(self, alice: Any) -> None:
        assert PhoneCodeBackend().get_user(alice.pk) == alice


class TestSignal:
    def test_of_a_failed_login_hides_the_code_and_the_proof(
        self, request_: HttpRequest, pending: Verification, code: str
    ) -> None:
        told = []

        def listen(credentials: Any, **kwargs: Any) -> None:
            told.append(credentials)

        user_login_failed.connect(listen)
        wrong = mistyped(code)
        authenticate(request_, verification_id=pending.pk, secret_code=wrong)
        authenticate(request_, secret_proof="forged")
        user_login_failed.disconnect(listen)
        assert told == [
            {"verification_id": pending.pk, "secret_code": "*" * 20},
            {"secret_proof": "*" * 20},
        ]


@pytest.mark.django_db(transaction=True)
class TestAsync:
    def test_logs_in(
        self, request_: HttpRequest, pending: Verification, code: str, alice: Any
    ) -> None:
        given = {"verification_id": pending.pk, "secret_code": code}
        assert async_to_sync(aauthenticate)(request_, **given) == alice

    def test_counts_a_wrong_code(
        self, request_: HttpRequest, pending: Verification, code: str
    ) -> None:
        given = {"verification_id": pending.pk, "secret_code": mistyped(code)}
        assert async_to_sync(aauthenticate)(request_, **given) is None
        assert Verification.objects.get().checks_left == 4
        assert refusal(request_).checks_left == 4
