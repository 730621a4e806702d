"""A42: nobody learns from an answer, or from its cost, who has an account."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from sms_verification.models import PhoneNumber
from sms_verification.types import SmsMessage
from tests.factories import PhoneNumberFactory, UserFactory
from tests.models import Member
from tests.phones import mistyped, right_code

pytestmark = pytest.mark.django_db

# Two numbers that look the same when they are masked.
OWNED = "+8613800138000"
NOBODYS = "+8613812348000"

PURPOSES = ["login", "reset_password"]


class Visitor:
    """Keeps what it was answered, and what that cost the database."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.client = Client()
        self.id = ""
        self.seen: list[Any] = []
        self.statements: list[str] = []

    def _execute(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        self.statements.append(re.sub(r"s\d+_x\d+", "s", sql))
        return execute(sql, *rest)

    def ask(self, method: str, route: str, body: Any = None) -> None:
        path = f"/sms/verifications/{route}"
        with connection.execute_wrapper(self._execute):
            response = self.client.generic(
                method, path, json.dumps(body), "application/json"
            )
        self.id = self.id or response.json()["id"]
        content = response.text.replace(self.id, "<id>")
        headers = {k: v for k, v in response.items() if k != "Set-Cookie"}
        cookies = {
            name: {**morsel, "length": len(morsel.value)}
            for name, morsel in response.cookies.items()
        }
        self.seen.append((response.status_code, content, headers, cookies))

    def visit(self, purpose: str, clock: time_machine.Traveller) -> None:
        clock.move_to("2026-01-05T12:00:00Z")
        self.ask("POST", "", {"phone_number": self.number, "purpose": purpose})
        self.ask("GET", f"{self.id}/")
        self.ask("POST", f"{self.id}/resend/")
        clock.shift(65)
        self.ask("POST", f"{self.id}/resend/")
        wrong = mistyped(right_code(self.id))
        self.ask("POST", f"{self.id}/check/", {"code": wrong})
        self.ask("GET", f"{self.id}/")
        clock.shift(600)
        self.ask("POST", f"{self.id}/resend/")
        self.ask("GET", f"{self.id}/")


def _visits(purpose: str, clock: time_machine.Traveller) -> tuple[Visitor, Visitor]:
    owner, stranger = Visitor(OWNED), Visitor(NOBODYS)
    owner.visit(purpose, clock)
    stranger.visit(purpose, clock)
    return owner, stranger


@pytest.mark.parametrize("purpose", PURPOSES)
class TestLinked:
    @pytest.fixture(autouse=True)
    def _owner(self) -> None:
        PhoneNumberFactory(number=OWNED, user=UserFactory())

    def test_answers_are_the_same_bytes(
        self, purpose: str, clock: time_machine.Traveller, outbox: list[SmsMessage]
    ) -> None:
        owner, stranger = _visits(purpose, clock)
        assert [m.phone_number for m in outbox] == [OWNED, OWNED]
        assert [status for status, *_ in owner.seen] == [
            *(201, 200, 429, 200, 400, 200, 409, 200)
        ]
        assert stranger.seen == owner.seen

    def test_statements_are_the_same(
        self, purpose: str, clock: time_machine.Traveller
    ) -> None:
        PhoneNumberFactory(number=NOBODYS)
        owner, stranger = _visits(purpose, clock)
        assert len(owner.statements) > 20
        assert stranger.statements == owner.statements

    def test_a_number_never_seen_costs_as_many(
        self, purpose: str, clock: time_machine.Traveller
    ) -> None:
        owner, stranger = _visits(purpose, clock)
        assert PhoneNumber.objects.count() == 2
        assert len(stranger.statements) == len(owner.statements)


@pytest.mark.parametrize("purpose", PURPOSES)
class TestUserField:
    def test_answers_and_statements_are_the_same(
        self, purpose: str, clock: time_machine.Traveller, settings: Any
    ) -> None:
        settings.AUTH_USER_MODEL = "tests.Member"
        settings.SMS_VERIFICATION_ACCOUNTS = (
            "sms_verification.accounts.UserFieldAccounts"
        )
        Member.objects.create(username="alice", phone_number=OWNED)
        PhoneNumberFactory(number=OWNED)
        PhoneNumberFactory(number=NOBODYS)
        owner, stranger = _visits(purpose, clock)
        assert stranger.seen == owner.seen
        assert stranger.statements == owner.statements


def test_a_purpose_that_needs_no_account_sends_to_everybody(
    clock: time_machine.Traveller, outbox: list[SmsMessage]
) -> None:
    PhoneNumberFactory(number=OWNED, user=UserFactory())
    _visits("register", clock)
    assert [m.phone_number for m in outbox] == [OWNED, OWNED, NOBODYS, NOBODYS]
