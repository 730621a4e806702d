from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from sms_verification import proofs
from sms_verification.accounts import LinkedAccounts
from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import SmsMessage
from sms_verification.verifications import check
from tests.api.conftest import Post, signed_in
from tests.factories import VerificationFactory
from tests.phones import ALICE, mistyped, right_code

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse 7 battery"
START = {"phone_number": "13800138000", "purpose": "login"}


class TestByCode:
    def test_signs_in_who_began_it_in_this_session(
        self, client: Client, post: Post, alice: Any, outbox: list[SmsMessage]
    ) -> None:
        post("verifications/", START)
        response = post("login/", {"code": outbox[0].code})
        assert response.status_code == 200
        assert response.json() == {"user": {"id": alice.pk}}
        assert signed_in(client) == alice

    def test_signs_in_by_the_verification_named(
        self, client: Client, post: Post, mine: Verification, alice: Any
    ) -> None:
        body = {"verification": str(mine.pk), "code": right_code(mine.pk)}
        assert post("login/", body).status_code == 200
        assert signed_in(client) == alice

    def test_spends_the_approval(self, post: Post, mine: Verification) -> None:
        body = {"verification": str(mine.pk), "code": right_code(mine.pk)}
        assert post("login/", body).status_code == 200
        assert post("login/", body).status_code == 400
        assert Verification.objects.get().used_at is not None

    def test_of_a_wrong_code_tells_what_is_left(
        self, client: Client, post: Post, mine: Verification
    ) -> None:
        body = {"verification": str(mine.pk), "code": mistyped(right_code(mine.pk))}
        response = post("login/", body)
        assert response.status_code == 400
        assert response.json()["code"] == "invalid_code"
        assert response.json()["checks_left"] == 4
        assert signed_in(client) is None

    def test_without_any_verification_is_an_invalid_code(self, post: Post) -> None:
        response = post("login/", {"code": "123456"})
        assert response.status_code == 400
        assert response.json() == {
            "detail": "The code is wrong or no longer valid.",
            "code": "invalid_code",
            "checks_left": 0,
        }

    def test_is_locked_out_with_its_number(
        self, post: Post, mine: Verification
    ) -> None:
        PhoneNumber.objects.update(failed_checks=99)
        right = {"verification": str(mine.pk), "code": right_code(mine.pk)}
        post("login/", {**right, "code": mistyped(right["code"])})
        response = post("login/", right)
        assert (response.status_code, response.json()["code"]) == (429, "locked_out")

    def test_takes_no_code_of_another_purpose(
        self, client: Client, post: Post, mine: Verification
    ) -> None:
        other = VerificationFactory(phone_number=mine.phone_number)
        body = {"verification": str(other.pk), "code": right_code(other.pk)}
        assert post("login/", body).status_code == 400
        assert signed_in(client) is None

    def test_of_an_inactive_user_is_an_invalid_code(
        self, post: Post, mine: Verification
    ) -> None:
        User.objects.update(is_active=False)
        body = {"verification": str(mine.pk), "code": right_code(mine.pk)}
        inactive, used = post("login/", body), post("login/", body)
        assert inactive.status_code == 400
        assert inactive.content == used.content

    def test_of_a_test_number_opens_no_staff_account(
        self, post: Post, mine: Verification, settings: Any, clock: Any
    ) -> None:
        entry = {"secret_code": "123456", "until": date(2026, 1, 5)}
        settings.SMS_VERIFICATION_TEST_NUMBERS = {ALICE: entry}
        User.objects.update(is_staff=True)
        mine = VerificationFactory(purpose="login", phone_number=mine.phone_number)
        response = post("login/", {"verification": str(mine.pk), "code": "123456"})
        assert (response.status_code, response.json()["code"]) == (400, "invalid_code")

    def test_makes_a_user_where_the_host_wants_that(
        self, client: Client, post: Post, settings: Any, outbox: list[SmsMessage]
    ) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = True
        post("verifications/", START)
        response = post("login/", {"code": outbox[0].code})
        assert response.json() == {"user": {"id": User.objects.get().pk}}
        assert signed_in(client) == User.objects.get()

    def test_of_nobody_s_number_is_no_account_where_everybody_is_sent_one(
        self, post: Post, settings: Any, outbox: list[SmsMessage]
    ) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {"login": {"NEEDS_ACCOUNT": False}}
        post("verifications/", START)
        response = post("login/", {"code": outbox[0].code})
        assert (response.status_code, response.json()["code"]) == (404, "no_account")
        proof = {"proof": response.json()["proof"]}
        assert post("register/", proof).status_code == 201
        assert PhoneNumber.objects.get().user == User.objects.get()


class TestByProof:
    def _proof(self, verification: Verification) -> str:
        assert check(verification.pk, right_code(verification.pk))
        return proofs.write(verification.pk)

    def test_signs_in_once(
        self, client: Client, post: Post, mine: Verification, alice: Any
    ) -> None:
        proof = {"proof": self._proof(mine)}
        assert post("login/", proof).status_code == 200
        assert signed_in(client) == alice
        response = post("login/", proof)
        assert (response.status_code, response.json()["code"]) == (400, "invalid_code")

    def test_of_nobody_s_number_is_no_account_and_stays_good(
        self, client: Client, post: Post
    ) -> None:
        stranger = VerificationFactory(purpose="login")
        response = post("login/", {"proof": self._proof(stranger)})
        assert response.status_code == 404
        proof = proofs.write(stranger.pk, goes_on=True)
        assert response.json() == {
            "detail": "This number has no account.",
            "code": "no_account",
            "proof": proof,
        }
        assert post("register/", {"proof": proof}).status_code == 201
        assert PhoneNumber.objects.get().user == User.objects.get()


class SecondFactor(LinkedAccounts):
    def needs_step_up(self, user: Any, purpose: str) -> bool:
        return True


class TestStepUp:
    """A35, A36: the body's own word for it is none."""

    SAID = {"stepped_up": True, "password": PASSWORD}

    @pytest.fixture(autouse=True)
    def _factor(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.SecondFactor"

    @pytest.mark.parametrize("route", ["login/", "password-reset/"])
    def test_is_asked_for(
        self, client: Client, post: Post, mine: Verification, route: str
    ) -> None:
        purpose = "login" if route == "login/" else "reset_password"
        Verification.objects.update(purpose=purpose)
        shown = {"verification": str(mine.pk), "code": right_code(mine.pk)}
        for _ in ("by the code", "by the proof"):
            response = post(route, {**shown, **self.SAID})
            assert response.status_code == 403
            assert response.json()["code"] == "step_up_required"
            shown = {"proof": response.json()["proof"]}
        assert signed_in(client) is None
        assert Verification.objects.get().used_at is None


class TestIdleAccount:
    """A38: carriers re-issue numbers."""

    def test_is_asked_for_the_password(
        self, client: Client, post: Post, mine: Verification, alice: Any, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_DORMANT_AFTER = timedelta(days=90)
        alice.set_password(PASSWORD)
        alice.save()
        body = {"verification": str(mine.pk), "code": right_code(mine.pk)}
        response = post("login/", body)
        assert (response.status_code, response.json()["code"]) == (
            403,
            "step_up_required",
        )
        proof = {"proof": response.json()["proof"]}
        response = post("login/", {**proof, "password": "a guess"})
        assert (response.status_code, list(response.json()["fields"])) == (
            400,
            ["password"],
        )
        assert signed_in(client) is None
        assert post("login/", {**proof, "password": PASSWORD}).status_code == 200
        assert signed_in(client) == alice
