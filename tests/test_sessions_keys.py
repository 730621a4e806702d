"""The key of a session that keeps a proof: new for its owner, and for nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client

from sms_verification import sessions
from sms_verification.types import SmsMessage
from tests.api.conftest import signed_in
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import ALICE, BOB

pytestmark = pytest.mark.django_db

Outbox = list[SmsMessage]


@pytest.fixture(autouse=True)
def _purpose(settings: Any) -> None:
    settings.SMS_VERIFICATION_PURPOSES = {"withdraw": {}}


@pytest.fixture
def alice() -> User:
    user: User = UserFactory()
    user.set_password("snow over the pines")
    user.save()
    PhoneNumberFactory(number=ALICE, user=user)
    return user


@pytest.fixture
def victim(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def copy_of(client: Client) -> Client:
    """Return a thief with the cookie."""
    thief = Client()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    return thief


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(f"/sms/{path}", body, content_type="application/json")


def prove(client: Client, outbox: Outbox, purpose: str, **body: str) -> Any:
    started = post(client, "verifications/", {"purpose": purpose, **body})
    path = f"verifications/{started.json()['id']}/check/"
    return post(client, path, {"code": outbox[-1].code})


@pytest.mark.parametrize("engine", ["db", "cache", "cached_db", "file"])
class TestOwnNumber:
    @pytest.fixture(autouse=True)
    def _engine(self, settings: Any, engine: str, tmp_path: Any) -> None:
        settings.SESSION_FILE_PATH = str(tmp_path)
        settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"

    def test_ends_a_stolen_key(self, victim: Client, outbox: Outbox) -> None:
        thief = copy_of(victim)
        prove(victim, outbox, "withdraw")
        assert sessions.kept_proof(victim, "withdraw")
        assert signed_in(thief) is None

    def test_brings_back_no_session_that_was_ended_meanwhile(
        self,
        victim: Client,
        outbox: Outbox,
        monkeypatch: pytest.MonkeyPatch,
        alice: User,
    ) -> None:
        other, cycle = copy_of(victim), sessions._cycle_key

        def late(session: SessionBase) -> None:
            other.logout()
            cycle(session)

        monkeypatch.setattr(sessions, "_cycle_key", late)
        assert prove(victim, outbox, "withdraw").status_code == 400
        assert signed_in(victim) is None


class TestAnotherNumber:
    def test_moves_no_stolen_session_away_from_its_owner(
        self, victim: Client, outbox: Outbox
    ) -> None:
        """By a phone of the thief's, who would outlive the owner's log-out."""
        thief = copy_of(victim)
        prove(thief, outbox, "register", phone_number=BOB)
        assert signed_in(thief) is None

    def test_leaves_the_key_where_the_number_is_to_be_theirs(
        self, victim: Client, outbox: Outbox, alice: User
    ) -> None:
        thief = copy_of(victim)
        thief.post("/account/change-number/", {"phone_number": BOB})
        guess = {"code": outbox[-1].code, "password": "open sesame"}
        thief.post("/account/change-number/code/", guess)
        assert signed_in(victim) == alice
        victim.logout()
        assert signed_in(thief) is None

    def test_that_is_to_register_is_found_again(
        self, victim: Client, outbox: Outbox
    ) -> None:
        prove(victim, outbox, "register", phone_number=BOB)
        page = victim.get("/account/register/code/")
        assert page.context["form"].proof
