"""A42: nobody learns from an answer, or from its cost, who has an account."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from sms_verification.models import Delivery, PhoneNumber
from sms_verification.types import Reason, SmsMessage
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import mistyped, right_code
from tests.queues import Worker, tasks
from tests.vendors import accepting, refusing, silent

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
        # How many statements each request took.
        self.costs: list[int] = []

    def _execute(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        self.statements.append(re.sub(r"s\d+_x\d+", "s", sql))
        return execute(sql, *rest)

    def ask(
        self, method: str, route: str, body: Any = None, client: Client | None = None
    ) -> None:
        path = f"/sms/verifications/{route}"
        before = len(self.statements)
        with connection.execute_wrapper(self._execute):
            response = (client or self.client).generic(
                method, path, json.dumps(body), "application/json"
            )
        self.costs.append(len(self.statements) - before)
        self.id = self.id or response.json().get("id", "")
        content = response.text.replace(self.id, "<id>")
        headers = {k: v for k, v in response.items() if k != "Set-Cookie"}
        cookies = {
            name: {**morsel, "length": len(morsel.value)}
            for name, morsel in response.cookies.items()
        }
        self.seen.append((response.status_code, content, headers, cookies))

    def start(self, purpose: str = "reset_password") -> None:
        self.ask("POST", "", {"phone_number": self.number, "purpose": purpose})

    def start_as_a_stranger(self) -> None:
        """Or a cooldown that was given back would be seen by who has no session."""
        body = {"phone_number": self.number, "purpose": "login"}
        self.ask("POST", "", body, Client())

    def look(self) -> None:
        self.ask("GET", f"{self.id}/")

    def resend(self) -> None:
        self.ask("POST", f"{self.id}/resend/")

    def mistype(self) -> None:
        wrong = mistyped(right_code(self.id))
        self.ask("POST", f"{self.id}/check/", {"code": wrong})

    def visit(self, purpose: str, clock: time_machine.Traveller) -> None:
        clock.move_to("2026-01-05T12:00:00Z")
        self.start(purpose)
        self.look()
        self.resend()
        clock.shift(65)
        self.resend()
        self.mistype()
        self.look()
        clock.shift(600)
        self.resend()
        self.look()


def visit_both(purpose: str, clock: time_machine.Traveller) -> tuple[Visitor, Visitor]:
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
        owner, stranger = visit_both(purpose, clock)
        assert [m.phone_number for m in outbox] == [OWNED, OWNED]
        assert [status for status, *_ in owner.seen] == [
            *(201, 200, 429, 200, 400, 200, 409, 200)
        ]
        assert stranger.seen == owner.seen

    def test_statements_are_the_same(
        self, purpose: str, clock: time_machine.Traveller
    ) -> None:
        PhoneNumberFactory(number=NOBODYS)
        owner, stranger = visit_both(purpose, clock)
        assert len(owner.statements) > 20
        assert stranger.statements == owner.statements

    def test_a_number_never_seen_costs_as_many(
        self, purpose: str, clock: time_machine.Traveller
    ) -> None:
        owner, stranger = visit_both(purpose, clock)
        assert PhoneNumber.objects.count() == 2
        assert len(stranger.statements) == len(owner.statements)


def test_a_purpose_that_needs_no_account_sends_to_everybody(
    clock: time_machine.Traveller, outbox: list[SmsMessage]
) -> None:
    PhoneNumberFactory(number=OWNED, user=UserFactory())
    visit_both("register", clock)
    assert [m.phone_number for m in outbox] == [OWNED, OWNED, NOBODYS, NOBODYS]


PRESENT = [f"+86138{n:04d}8000" for n in range(20)]
ABSENT = [f"+86138{n:04d}8000" for n in range(20, 40)]

VENDORS = {
    "accepting": accepting(),
    "unknown": silent(),
    **{reason.value: refusing(reason.value) for reason in Reason},
}


def steps(clock: time_machine.Traveller) -> Iterator[Callable[[Visitor], None]]:
    """What everybody does, and when."""
    clock.move_to("2026-01-05T12:00:00Z")
    yield Visitor.start
    yield Visitor.look
    yield Visitor.start_as_a_stranger
    yield Visitor.resend
    clock.shift(65)
    yield Visitor.resend
    yield Visitor.look
    yield Visitor.mistype
    yield Visitor.look
    clock.shift(600)
    yield Visitor.resend
    yield Visitor.look


def mixed(visitors: list[Visitor], step: int) -> list[Visitor]:
    """In an order of no meaning, another at each step, the same in each run."""
    return sorted(
        visitors, key=lambda v: sha256(f"{step} {v.number}".encode()).digest()
    )


class Visits:
    """400 requests, half of them for numbers with an account."""

    def __init__(self, clock: time_machine.Traveller) -> None:
        self.clock = clock
        self.visitors = [Visitor(number) for number in PRESENT + ABSENT]

    def make(
        self,
        steps: Iterable[Callable[[Visitor], None]],
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        for count, step in enumerate(steps):
            for visitor in mixed(self.visitors, count):
                step(visitor)
                meanwhile()

    def compare(self, statuses: list[int], *, texts: bool = False) -> None:
        first = self.visitors[0]
        assert [status for status, *_ in first.seen] == statuses
        assert sum(len(visitor.seen) for visitor in self.visitors) == 400
        for visitor in self.visitors:
            assert visitor.seen == first.seen
            assert visitor.costs == first.costs
            assert not texts or visitor.statements == first.statements


@pytest.fixture
def visits(settings: Any, clock: time_machine.Traveller) -> Visits:
    settings.SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["1000/h"], "check": ["1000/h"]}
    for number in PRESENT:
        PhoneNumberFactory(number=number, user=UserFactory())
    for number in ABSENT:
        PhoneNumberFactory(number=number)
    return Visits(clock)


STATUSES = [201, 200, 429, 429, 200, 200, 400, 200, 409, 200]


@pytest.mark.parametrize("vendor", sorted(VENDORS))
class TestWhateverTheProviderDoes:
    @pytest.fixture(autouse=True)
    def _vendor(self, settings: Any, vendor: str) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": VENDORS[vendor]}

    def test_answers_and_statements_are_the_same(
        self, visits: Visits, vendor: str
    ) -> None:
        visits.make(steps(visits.clock))
        visits.compare(STATUSES)
        assert Delivery.objects.filter(outcome="withheld").count() == 40
        assert Delivery.objects.exclude(outcome="withheld").count() == 40

    def test_they_are_with_a_queue(
        self, visits: Visits, worker: Worker, vendor: str
    ) -> None:
        visits.make(steps(visits.clock), worker.work)
        visits.compare(STATUSES, texts=True)
        assert Delivery.objects.filter(outcome="withheld").count() == 40
        assert Delivery.objects.exclude(outcome="withheld").count() == 40


class TestQueue:
    def test_costs_the_same_by_a_route_of_several(
        self, visits: Visits, worker: Worker, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            "default": refusing("opted_out"),
            "backup": refusing(),
        }
        settings.SMS_VERIFICATION_ROUTES = {"+": ["default", "backup"]}
        visits.make(steps(visits.clock), worker.work)
        visits.compare(STATUSES, texts=True)

    def test_that_is_slow_is_so_for_everybody(
        self, visits: Visits, worker: Worker
    ) -> None:
        visits.make(steps(visits.clock))
        visits.compare(STATUSES, texts=True)
        worker.work()
        assert set(Delivery.objects.values_list("outcome", flat=True)) == {"withheld"}

    def test_that_is_down_is_so_for_everybody(
        self, visits: Visits, settings: Any
    ) -> None:
        settings.TASKS = tasks("DeadBackend")
        settings.SMS_VERIFICATION_TASK_BACKEND = "default"
        visits.make([Visitor.start] * 10)
        visits.compare([503] * 10, texts=True)
