"""A view of the host's that demands a fresh verification, by DRF and without."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from sms_verification import proofs, sessions
from sms_verification.accounts import LinkedAccounts
from sms_verification.api.permissions import FreshVerification
from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import SmsMessage
from sms_verification.web.decorators import verification_required
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import ALICE, BOB

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.test_sessions_verified"),
]

FIVE_MINUTES = timedelta(minutes=5)


class MayWithdraw(FreshVerification):
    purpose = "withdraw"
    within = FIVE_MINUTES


@api_view(["POST"])
@permission_classes([MayWithdraw])
def api_withdraw(request: Request) -> Response:
    return Response({"paid": True})


@verification_required("withdraw", within=FIVE_MINUTES, confirm_url="confirm")
def withdraw(request: HttpRequest) -> HttpResponse:
    return HttpResponse("paid")


@verification_required("withdraw", within=FIVE_MINUTES, confirm_url="confirm")
async def awithdraw(request: HttpRequest) -> HttpResponse:
    return HttpResponse("paid")


urlpatterns = [
    path("sms/", include("sms_verification.urls")),
    path("api/withdraw/", api_withdraw),
    path("withdraw/", withdraw),
    path("awithdraw/", awithdraw),
    path("confirm/<str:purpose>/", withdraw, name="confirm"),
]


@pytest.fixture(autouse=True)
def _purpose(settings: Any) -> None:
    settings.SMS_VERIFICATION_PURPOSES = {"withdraw": {}, "vote": {}}
    settings.LOGIN_URL = "/login/"


@pytest.fixture
def alice() -> User:
    user: User = UserFactory()
    PhoneNumberFactory(number=ALICE, user=user)
    return user


class Person:
    """Somebody signed in, in a session of their own."""

    def __init__(self, user: User, outbox: list[SmsMessage]) -> None:
        self.client, self.outbox = Client(), outbox
        self.client.force_login(user)

    def post(self, route: str, body: Any, **headers: str) -> Any:
        return self.client.post(
            route, body, content_type="application/json", headers=headers
        )

    def start(self, purpose: str = "withdraw", **body: Any) -> Any:
        return self.post("/sms/verifications/", {"purpose": purpose, **body})

    def prove(self, purpose: str = "withdraw") -> str:
        pk = self.start(purpose).json()["id"]
        code = {"code": self.outbox[-1].code}
        proof: str = self.post(f"/sms/verifications/{pk}/check/", code).json()["proof"]
        return proof

    def may_withdraw(self, **headers: str) -> bool:
        """Ask all views, which never differ."""
        api = self.post("/api/withdraw/", {}, **headers)
        pages = [
            self.client.get(route, headers=headers).status_code
            for route in ("/withdraw/", "/awithdraw/")
        ]
        assert (api.status_code, pages) in [(200, [200, 200]), (403, [302, 302])]
        return api.status_code == 200


@pytest.fixture
def person(alice: User, outbox: list[SmsMessage]) -> Person:
    return Person(alice, outbox)


class TestStart:
    def test_goes_to_the_own_number(self, person: Person) -> None:
        assert person.start().status_code == 201
        assert person.outbox[0].phone_number == ALICE

    def test_goes_there_whatever_the_request_says(self, person: Person) -> None:
        """A34: a thief with the session has another phone."""
        assert person.start(phone_number=BOB).status_code == 201
        assert [sms.phone_number for sms in person.outbox] == [ALICE]
        assert not PhoneNumber.objects.filter(number=BOB).exists()

    def test_of_who_has_no_number_is_refused(self, outbox: list[SmsMessage]) -> None:
        response = Person(UserFactory(), outbox).start(phone_number=BOB)
        assert response.status_code == 409
        assert response.json()["code"] == "no_phone_number"
        assert outbox == []

    def test_of_nobody_is_refused(self, person: Person) -> None:
        person.client.logout()
        response = person.start(phone_number=ALICE)
        assert (response.status_code, response.json()["code"]) == (
            403,
            "sign_in_required",
        )

    def test_for_another_purpose_needs_a_number(self, person: Person) -> None:
        response = person.start("register")
        assert response.status_code == 400
        assert list(response.json()) == ["phone_number"]


class TestView:
    def test_lets_nobody_in(self, person: Person) -> None:
        person.client.logout()
        assert person.may_withdraw() is False

    def test_tells_an_api_client_what_is_missing(self, person: Person) -> None:
        response = person.post("/api/withdraw/", {})
        assert response.json() == {
            "detail": "Prove your phone number first.",
            "code": "verification_required",
        }

    def test_leads_a_person_to_the_page_for_it(self, person: Person) -> None:
        response = person.client.get("/withdraw/?amount=5")
        assert response["Location"] == (
            "/confirm/withdraw/?next=%2Fwithdraw%2F%3Famount%3D5"
        )

    def test_leads_who_is_not_signed_in_there_first(self, person: Person) -> None:
        person.client.logout()
        response = person.client.get("/withdraw/")
        assert response["Location"] == "/login/?next=/withdraw/"

    def test_lets_in_who_has_just_proved_the_number(self, person: Person) -> None:
        person.prove()
        assert person.may_withdraw() is True
        assert Verification.objects.get().used_at is None

    def test_lets_in_for_so_long(
        self, clock: time_machine.Traveller, person: Person
    ) -> None:
        person.prove()
        clock.shift(FIVE_MINUTES - timedelta(seconds=1))
        assert person.may_withdraw() is True
        clock.shift(1)
        assert person.may_withdraw() is False

    def test_does_not_take_a_code_that_is_only_sent(self, person: Person) -> None:
        person.start()
        assert person.may_withdraw() is False

    def test_does_not_take_another_purpose(self, person: Person) -> None:
        proof = person.prove("vote")
        assert person.may_withdraw() is False
        assert person.may_withdraw(verification_proof=proof) is False


class TestAnotherSession:
    """A34: what one session has proved is nothing in a stolen one."""

    @pytest.fixture
    def thief(self, alice: User, outbox: list[SmsMessage]) -> Person:
        return Person(alice, outbox)

    def test_does_not_get_in(self, person: Person, thief: Person) -> None:
        person.prove()
        assert thief.may_withdraw() is False

    def test_gets_in_with_the_proof(self, person: Person, thief: Person) -> None:
        """A client without session keeps it by itself."""
        proof = person.prove()
        assert thief.may_withdraw(verification_proof=proof) is True

    def test_does_not_get_in_with_the_proof_in_the_address(
        self, person: Person, thief: Person
    ) -> None:
        """A39: an address stands in logs."""
        proof = person.prove()
        page = thief.client.get("/withdraw/", {"proof": proof, "withdraw": proof})
        assert page.status_code == 302

    @pytest.mark.parametrize("forged", ["x", "0" * 32, "0" * 32 + ":x"])
    def test_does_not_get_in_with_a_forged_one(
        self, person: Person, forged: str
    ) -> None:
        person.prove()
        assert person.may_withdraw(verification_proof=forged) is False

    def test_does_not_get_in_with_somebody_else_s(
        self, person: Person, outbox: list[SmsMessage]
    ) -> None:
        bob = UserFactory()
        PhoneNumberFactory(number=BOB, user=bob)
        proof = Person(bob, outbox).prove()
        assert person.may_withdraw(verification_proof=proof) is False

    def test_does_not_get_in_with_one_that_nobody_signed_in_began(
        self, person: Person
    ) -> None:
        proof = person.prove()
        Verification.objects.update(user=None)
        assert person.may_withdraw(verification_proof=proof) is False

    def test_does_not_get_in_by_who_only_started_it(
        self, person: Person, thief: Person
    ) -> None:
        proof = person.prove()
        Verification.objects.update(approved_at=None)
        assert thief.may_withdraw(verification_proof=proof) is False


class TestStolenKey:
    """A session gets a new key with a proof: an older copy of it is dead."""

    def test_gets_in_no_more_once_the_number_is_proved(self, person: Person) -> None:
        thief = Client()
        thief.cookies["sessionid"] = person.client.cookies["sessionid"].value
        assert thief.get("/withdraw/")["Location"].startswith("/confirm/")
        person.prove()
        assert person.may_withdraw() is True
        assert thief.get("/withdraw/")["Location"].startswith("/login/")

    def test_that_was_planted_holds_no_proof(
        self, client: Client, outbox: list[SmsMessage]
    ) -> None:
        """Of who has the code checked before going on to sign in."""
        session = client.session
        session["planted"] = True
        session.save()
        planted = client.cookies["sessionid"] = session.session_key
        more: Any = {"content_type": "application/json"}
        body = {"phone_number": ALICE, "purpose": "register"}
        pk = client.post("/sms/verifications/", body, **more).json()["id"]
        code = {"code": outbox[-1].code}
        assert client.post(f"/sms/verifications/{pk}/check/", code, **more).json()
        assert sessions.kept_proof(client, "register")
        assert not client.session.exists(planted)


class TestNumberThatMoved:
    def test_proves_nothing_any_more(self, person: Person, alice: User) -> None:
        proof = person.prove()
        number = PhoneNumber.objects.get()
        LinkedAccounts().unlink(number, alice)
        assert person.may_withdraw(verification_proof=proof) is False
        LinkedAccounts().link(number, UserFactory())
        assert person.may_withdraw(verification_proof=proof) is False

    def test_and_came_back_has_to_be_proved_anew(
        self, person: Person, alice: User
    ) -> None:
        person.prove()
        number = PhoneNumber.objects.get()
        LinkedAccounts().unlink(number, alice)
        LinkedAccounts().link(number, alice)
        assert person.may_withdraw() is False

    def test_a_proof_in_the_header_is_one_of_check(self, person: Person) -> None:
        person.prove()
        assert (
            person.may_withdraw(
                verification_proof=proofs.write(
                    Verification.objects.get().pk, goes_on=True
                )
            )
            is False
        )
