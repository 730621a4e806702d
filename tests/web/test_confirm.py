"""A fresh proof of the own number, for a view of the host's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django.asserts import assertContains, assertRedirects

from sms_verification.types import SmsMessage
from sms_verification.web.decorators import verification_required
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import ALICE, BOB, mistyped, right_code

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.web.test_confirm")]

NUMBER = "/account/confirm/withdraw/"
CODE = "/account/confirm/withdraw/code/"
NEXT = "?next=%2Fwithdraw%2F"


@verification_required("withdraw", within=timedelta(minutes=5))
def withdraw(request: HttpRequest) -> HttpResponse:
    return HttpResponse("paid")


urlpatterns = [
    path("account/", include("sms_verification.web.urls")),
    path("withdraw/", withdraw),
]


@pytest.fixture(autouse=True)
def _purpose(settings: Any) -> None:
    settings.SMS_VERIFICATION_PURPOSES = {"withdraw": {}, "open": {"SIGNED_IN": False}}
    settings.LOGIN_URL = "/account/login/"


@pytest.fixture(autouse=True)
def alice(client: Client) -> User:
    user: User = UserFactory()
    PhoneNumberFactory(number=ALICE, user=user)
    client.force_login(user)
    return user


def begin(client: Client) -> str:
    response = client.post(NUMBER, {"next": "/withdraw/", "phone_number": BOB})
    assertRedirects(response, CODE + NEXT, fetch_redirect_response=False)
    return right_code(client.session["sms_verification"]["withdraw"])


def enter(client: Client, code: str) -> Any:
    return client.post(CODE, {"code": code, "next": "/withdraw/"})


def test_a_view_leads_there_and_back(client: Client, outbox: list[SmsMessage]) -> None:
    assertRedirects(client.get("/withdraw/"), NUMBER + NEXT)
    assertContains(client.get(NUMBER), "+86138****8000")
    response = enter(client, begin(client))
    assertRedirects(response, "/withdraw/", fetch_redirect_response=False)
    assertContains(client.get("/withdraw/"), "paid")
    assert [sms.phone_number for sms in outbox] == [ALICE]


def test_who_has_no_number_is_led_to_where_one_is_added(client: Client) -> None:
    client.force_login(UserFactory())
    assertContains(client.get(NUMBER + NEXT), f'href="/account/change-number/{NEXT}"')


def test_a_wrong_code_does_not(client: Client) -> None:
    response = enter(client, mistyped(begin(client)))
    assertContains(response, "You can try 4 more times.")
    assertRedirects(client.get("/withdraw/"), NUMBER + NEXT)


def test_a_reload_of_the_last_page_leads_on(client: Client) -> None:
    enter(client, begin(client))
    response = client.get(CODE + NEXT)
    assertRedirects(response, "/withdraw/", fetch_redirect_response=False)


def test_it_is_asked_for_again_later(
    clock: time_machine.Traveller, client: Client
) -> None:
    """A proof may live on for longer than the view trusts it."""
    enter(client, begin(client))
    clock.shift(timedelta(minutes=6))
    assertRedirects(client.get("/withdraw/"), NUMBER + NEXT)
    code = begin(client)
    assertContains(client.get(CODE + NEXT), 'name="code"')
    enter(client, code)
    assertContains(client.get("/withdraw/"), "paid")


def test_a_stolen_session_elsewhere_is_not_let_in(client: Client, alice: User) -> None:
    """A34: by the id of what somebody else has proved."""
    enter(client, begin(client))
    pk = client.session["sms_verification"]["withdraw"]
    thief = Client()
    thief.force_login(alice)
    thief.post(CODE, {"verification": pk, "resend": "1"})
    thief.get(CODE)
    assertRedirects(thief.get("/withdraw/"), NUMBER + NEXT)


@pytest.mark.parametrize("purpose", ["login", "change_phone", "open", "nothing", "A b"])
def test_it_is_for_purposes_of_signed_in_users_alone(
    client: Client, purpose: str
) -> None:
    for step in ("", "code/"):
        page = client.get(f"/account/confirm/{purpose}/{step}")
        assert page.status_code == 404


def test_who_is_not_signed_in_signs_in_first(client: Client) -> None:
    client.logout()
    assertRedirects(client.get(NUMBER), f"/account/login/?next={NUMBER}")
