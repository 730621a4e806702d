"""The flow against the reference, through whatever a clock, a vendor or a key may do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sms_verification import breaker, messages, proofs, verifications
from sms_verification.exceptions import (
    DeliveryUnknown,
    MessageRejected,
    VerificationError,
)
from sms_verification.models import Delivery, PhoneNumber, Verification
from sms_verification.providers.base import Provider
from sms_verification.representations import represent
from sms_verification.types import Client, SentMessage, SmsMessage
from tests import reference
from tests.factories import PhoneNumberFactory, UserFactory
from tests.reference import (
    DAY,
    HOUR,
    LATENCY,
    MAX_CHECKS,
    MINUTE,
    Attempted,
    Expected,
)

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)

# No two moments are the same, and no clock is set to one that has been.
TICK = timedelta(microseconds=10)

NUMBERS = ["+8613800138000", "+8613900139000", "+12125550123"]
PURPOSES = ["register", "login", "change_phone"]
# One keeps no cookies.
BROWSERS = [None, "laptop"]
USERS = ["alice", "bob", None]
# At once, when the limits allow it, or just before.
WHEN = ["now", "in time", "in time", "early"]
# What the first vendor does, and the second if it is asked.
ANSWERS = st.sampled_from(
    [
        *[("accepted", "accepted")] * 4,
        *[("unavailable", "unavailable")] * 2,
        *[("unavailable", outcome) for outcome in ("accepted", "unknown", "killed")],
        ("unavailable", "invalid_number"),
        *[(outcome, "accepted") for outcome in ("unknown", "crash", "nonsense")],
        *[(outcome, "accepted") for outcome in ("killed", "invalid_number")],
    ]
)
# What people and programs make of the right code.
MAIMED = [
    lambda code: "",
    lambda code: code[:-1],
    lambda code: code + "0",
    lambda code: code + "\n",
    lambda code: " " + code,
    lambda code: code.translate({48 + n: 0xFF10 + n for n in range(10)}),
    int,
    lambda code: [code],
    lambda code: None,
]
STEPS = [timedelta(seconds=s) for s in (1, 64, 66, 179, 299, 601, -1, -66, -7200)]
STEPS += [HOUR, DAY, -2 * DAY]
NEWEST = st.sampled_from([True, True, False])

SETTINGS = {
    # Long enough that no id, time or number holds one by chance.
    "SMS_VERIFICATION_CODE_LENGTH": 10,
    "SMS_VERIFICATION_LOCKOUT_AFTER": reference.LOCKOUT_AFTER,
    "SMS_VERIFICATION_LOCKOUT": reference.LOCKOUT,
    "SMS_VERIFICATION_CLIENT_LIMITS": {"start": [], "check": []},
    "SMS_VERIFICATION_ROUTES": {"+": ["first", "second"]},
    "SMS_VERIFICATION_PROVIDERS": {
        alias: {
            "BACKEND": "tests.test_state_machine.Scripted",
            "OPTIONS": {"alias": alias},
        }
        for alias in ("first", "second")
    },
}


@dataclass
class Asked:
    """One SMS that a vendor was asked to send."""

    request: int
    requested_at: datetime
    alias: str
    message: SmsMessage
    outcome: str


class Killed(BaseException):
    """The process died while the vendor was asked."""


class Scripted(Provider):
    """Does what the machine that runs wants of it."""

    machine: FlowMachine

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def send(self, message: SmsMessage) -> Any:
        return self.machine.vendor_is_asked(self.alias, message)


class FlowMachine(RuleBasedStateMachine):
    begun = Bundle("begun")
    approved = Bundle("approved")

    def __init__(self) -> None:
        super().__init__()
        Scripted.machine = self
        self.stack = ExitStack()
        self.clock = self.stack.enter_context(time_machine.travel(NOON, tick=False))
        self.stack.enter_context(override_settings(**SETTINGS))
        self.stack.enter_context(rolled_back())
        self.users = {"alice": UserFactory().pk, "bob": UserFactory().pk}
        PhoneNumberFactory(number=NUMBERS[0], user_id=self.users["alice"])
        numbers = [reference.Number(text) for text in NUMBERS]
        numbers[0].owner = self.users["alice"]
        self.model = reference.Reference(NOON, numbers)
        self.proofs: dict[Attempted, tuple[str, str]] = {}
        self.called = False
        self.moments: set[datetime] = set()
        # What the world outside has seen, whatever the model thinks of it.
        self.requested_at: list[datetime] = []
        self.asked: list[Asked] = []
        self.approvals: Counter[Attempted] = Counter()
        self.uses: Counter[Attempted] = Counter()
        self.effective: Counter[Attempted] = Counter()

    @initialize(count=st.sampled_from([1, 3]))
    def choose(self, count: int) -> None:
        """Limits are reached with one number, codes are mixed up with several."""
        self.in_play = NUMBERS[:count]

    def teardown(self) -> None:
        self.stack.close()

    # What people do.

    @rule(
        target=begun,
        number=st.integers(0, 2),
        purpose=st.sampled_from(["register", *PURPOSES]),
        browser=st.sampled_from(BROWSERS),
        user=st.sampled_from(["alice", "alice", *USERS]),
        when=st.sampled_from(WHEN),
        times=st.sampled_from([1, 1, 1, 6]),
        outcomes=ANSWERS,
    )
    def start(
        self,
        number: int,
        purpose: str,
        browser: str | None,
        user: str | None,
        when: str,
        times: int,
        outcomes: tuple[str, str],
    ) -> Any:
        self.model.vendors = dict(zip(("first", "second"), outcomes, strict=True))
        known = len(self.model.attempted)
        text = self.in_play[number % len(self.in_play)]
        for _time in range(times):
            self.wait(when, self.model.numbers[text])
            self.start_once(text, purpose, browser, self.users.get(user))
        # What nobody got is over. Only "newest" finds it.
        return multiple(*[a for a in self.model.attempted[known:] if a.checks_left])

    def start_once(
        self, number: str, purpose: str, browser: str | None, user: Any
    ) -> None:
        held = self.model.held.get((browser, purpose))
        client = Client(
            address="203.0.113.1",
            user_pk=user,
            verification_id=held.pk if held else None,
        )
        known = len(self.model.attempted)
        self.tick()
        expected = self.model.start(number, purpose, browser, user)
        seen = self.do(lambda: verifications.start(number, purpose, client), expected)
        for attempted in self.model.attempted[known:]:
            self.get_to_know(attempted)
        self.compare_sending(seen, expected)

    @rule(
        attempted=begun,
        newest=NEWEST,
        when=st.sampled_from(WHEN),
        times=st.sampled_from([1, 1, 4]),
        outcomes=ANSWERS,
    )
    def resend(
        self,
        attempted: Attempted,
        newest: bool,
        when: str,
        times: int,
        outcomes: tuple[str, str],
    ) -> None:
        if newest:
            attempted = self.model.attempted[-1]
        self.model.vendors = dict(zip(("first", "second"), outcomes, strict=True))
        for _time in range(times):
            self.wait(when, attempted.number)
            self.tick()
            expected = self.model.resend(attempted)
            seen = self.do(lambda: verifications.resend(attempted.pk), expected)
            self.compare_sending(seen, expected)

    @rule(attempted=begun)
    def look(self, attempted: Attempted) -> None:
        self.tick()
        seen = verifications.status(attempted.pk)
        _when, _alias, outcome = max(attempted.deliveries)
        self.compare_told(seen, attempted, outcome)

    @rule(
        target=approved,
        attempted=begun,
        newest=NEWEST,
        other=st.sampled_from(PURPOSES),
        use=st.sampled_from([False, False, False, True]),
        how=st.sampled_from([None, "row", "proof"]),
    )
    def type_the_code(
        self,
        attempted: Attempted,
        newest: bool,
        other: str,
        use: bool,
        how: str | None,
    ) -> Any:
        """For another purpose first, and once more when it has been right."""
        if newest:
            attempted = self.model.attempted[-1]
        if other != attempted.purpose:
            assert not self.check(attempted, attempted.code, other, use)
        right = self.check(attempted, attempted.code, use=use)
        assert not self.check(attempted, attempted.code, use=use)
        if right and how:
            self.use_in_all_ways(attempted, how, other, None)
        return multiple(attempted) if right else multiple()

    @rule(
        attempted=begun,
        newest=NEWEST,
        other=begun,
        times=st.sampled_from([1, 1, 5]),
        maim=st.sampled_from([None, None, *MAIMED]),
    )
    def type_something_else(
        self,
        attempted: Attempted,
        newest: bool,
        other: Attempted,
        times: int,
        maim: Callable[[str], Any] | None,
    ) -> None:
        if newest:
            attempted = self.model.attempted[-1]
        self.sit_out_the_lock(attempted.number)
        if maim is not None:
            assert not self.check(attempted, maim(attempted.code))
        elif other is not attempted:
            assert not self.check(attempted, other.code)
        for guess in range(1, times + 1):
            if guess != 3:
                self.sit_out_the_lock(attempted.number)
            wrong = (int(attempted.code) + guess) % 10**10
            assert not self.check(attempted, f"{wrong:010d}")

    def check(
        self,
        attempted: Attempted,
        code: Any,
        purpose: str | None = None,
        use: bool = False,
    ) -> bool:
        before = self.row(attempted)
        self.tick()
        expected = self.model.check(attempted, code, purpose, use=use)
        seen = self.do(
            lambda: verifications.check(attempted.pk, code, purpose=purpose, use=use),
            expected,
        )
        assert (seen is not None) == (expected.attempted is not None)
        if seen is not None:
            self.approvals[attempted] += 1
            self.uses[attempted] += use
            with self.keys():
                self.proofs[attempted] = (proofs.write(seen.pk), self.model.keys[0])
        spent = before.checks_left - self.row(attempted).checks_left
        self.effective[attempted] += spent + (seen is not None)
        return seen is not None

    @rule(
        attempted=approved,
        how=st.sampled_from(["row", "proof"]),
        purpose=st.sampled_from(PURPOSES),
        user=st.sampled_from(USERS),
    )
    def use(
        self, attempted: Attempted, how: str, purpose: str, user: str | None
    ) -> None:
        self.use_in_all_ways(attempted, how, purpose, user)

    def use_in_all_ways(
        self, attempted: Attempted, how: str, purpose: str, user: str | None
    ) -> None:
        """By a forger, for another purpose and by another user first; then twice."""
        self.use_once(attempted, "forged", attempted.purpose, attempted.user)
        self.use_once(attempted, how, purpose, attempted.user)
        self.use_once(attempted, how, attempted.purpose, self.users.get(user))
        self.use_once(attempted, how, attempted.purpose, attempted.user)
        self.use_once(attempted, how, attempted.purpose, attempted.user)

    def use_once(self, attempted: Attempted, how: str, purpose: str, user: Any) -> None:
        proof, key = self.proofs[attempted]
        if how == "forged":
            proof = f"{attempted.pk.hex}:{proof[33:][::-1]}"
        believed = how == "row" or (how == "proof" and key in self.model.keys)
        self.tick()
        if how != "row":
            with self.keys():
                peeked = verifications.peek(proof, purpose)
            right = believed and purpose == attempted.purpose
            assert bool(peeked) == (right and attempted.spendable(self.model.now))
        expected = Expected()
        if believed:
            expected = self.model.use(attempted, purpose, user)
        approval = self.row(attempted) if how == "row" else proof
        seen = self.do(
            lambda: verifications.use(approval, purpose, user_pk=user), expected
        )
        assert (seen is not None) == (expected.attempted is not None)
        self.uses[attempted] += seen is not None

    # What happens to them.

    @rule(step=st.sampled_from([None, *STEPS]), attempted=begun, early=st.booleans())
    def set_clock(
        self, step: timedelta | None, attempted: Attempted, early: bool
    ) -> None:
        """By so much, or to where one ends, or to the last moment before that.

        The next step ticks once.
        """
        if step is not None:
            self.model.now += step
            return
        ends = attempted.expires_at
        if attempted.approved_at:
            ends = attempted.approved_at + reference.APPROVAL
        self.model.now = ends - TICK * (2 if early else 1)

    @rule(drop=st.booleans())
    def rotate_keys(self, drop: bool) -> None:
        """The old one is a fallback, until it is dropped altogether."""
        if drop and len(self.model.keys) > 1:
            self.model.keys.pop()
            return
        self.model.rotated += 1
        self.model.keys.insert(0, f"key {self.model.rotated}")

    # What must hold after each of them.

    @invariant()
    def nothing_is_approved_or_used_twice(self) -> None:
        assert max(self.approvals.values(), default=0) <= 1
        assert max(self.uses.values(), default=0) <= 1

    @invariant()
    def no_more_checks_than_allowed_took_effect(self) -> None:
        assert max(self.effective.values(), default=0) <= MAX_CHECKS

    @invariant()
    def no_sms_left_within_the_cooldown_or_above_the_limits(self) -> None:
        for number in NUMBERS:
            sent = self.left_for(number)
            assert all(b - a >= MINUTE for a, b in pairwise(sent))
            assert all(b - a >= HOUR for a, b in zip(sent, sent[5:], strict=False))
            assert all(b - a >= DAY for a, b in zip(sent, sent[10:], strict=False))

    @invariant()
    def what_may_have_left_was_not_sent_again(self) -> None:
        for earlier, later in pairwise(self.asked):
            if earlier.request == later.request:
                assert earlier.outcome == "unavailable"

    @precondition(lambda self: self.called)
    @invariant()
    def the_database_says_what_the_model_says_and_holds_no_code(self) -> None:
        self.called = False
        verifications, deliveries = Verification.objects.all(), Delivery.objects.all()
        rows = {row.pk: row for row in verifications}
        for attempted in self.model.attempted:
            row = rows[attempted.pk]
            for name in ("expires_at", "checks_left", "approved_at", "used_at"):
                assert getattr(row, name) == getattr(attempted, name)
        assert len(rows) == len(self.model.attempted)
        numbers = {row.number: row for row in PhoneNumber.objects.all()}
        for text, number in numbers.items():
            expected = self.model.numbers[text]
            assert number.failed_checks == expected.failures
            assert number.locked_until == expected.locked_until
            # The one column where it belongs.
            number.number = ""
        kept = " ".join(
            repr(vars(row)) for row in [*numbers.values(), *verifications, *deliveries]
        )
        secrets = {a.code for a in self.model.attempted}
        secrets |= {n.removeprefix("+") for n in NUMBERS}
        assert [secret for secret in secrets if secret in kept] == []

    # How the machine talks to the two.

    def tick(self) -> None:
        """Go on to a moment that has not been, or rows could not be put in order."""
        self.model.now += TICK
        while self.moments & {self.model.now, self.model.now + LATENCY}:
            self.model.now += TICK
        self.moments |= {self.model.now, self.model.now + LATENCY}
        self.clock.move_to(self.model.now)

    def wait(self, when: str, number: reference.Number) -> None:
        free_at = max(
            number.free_at(self.model.now), number.locked_until or self.model.now
        )
        if when != "now" and free_at > self.model.now:
            self.model.now = free_at - TICK * (2 if when == "early" else 1)

    def sit_out_the_lock(self, number: reference.Number) -> None:
        if number.locked(self.model.now):
            self.model.now = number.locked_until or self.model.now

    def keys(self) -> override_settings:
        current, *fallbacks = self.model.keys
        return override_settings(SECRET_KEY=current, SECRET_KEY_FALLBACKS=fallbacks)

    def do(self, call: Callable[[], Any], expected: Expected) -> Any:
        """Make the call, and compare its refusal and the vendors that it asked."""
        self.called = True
        self.requested_at.append(timezone.now())
        refusal, wait, seen = "", None, None
        try:
            with self.keys():
                seen = call()
        except (VerificationError, Killed) as error:
            refusal, wait = type(error).__name__, getattr(error, "retry_after", None)
        assert refusal == expected.refusal
        assert (wait is None) == (expected.wait is None)
        if wait is not None and expected.wait is not None:
            # A log of floats is a little less exact than a clock.
            assert abs(wait - expected.wait) < TICK
        now = len(self.requested_at)
        assert [a.alias for a in self.asked if a.request == now] == expected.asked
        assert timezone.now() == self.model.now
        return seen

    def vendor_is_asked(self, alias: str, message: SmsMessage) -> Any:
        outcome, now = self.model.vendors[alias], len(self.requested_at)
        self.asked.append(Asked(now, self.requested_at[-1], alias, message, outcome))
        self.clock.shift(LATENCY)
        if outcome == "killed":
            raise Killed
        if outcome == "unknown":
            raise DeliveryUnknown("timeout")
        if outcome == "crash":
            raise RuntimeError(f"{message.code} to {message.phone_number}")
        if outcome in {"invalid_number", "unavailable"}:
            raise MessageRejected(outcome)
        return None if outcome == "nonsense" else SentMessage(message_id="1")

    def get_to_know(self, attempted: Attempted) -> None:
        known = [a.pk for a in self.model.attempted if a.pk]
        row = Verification.objects.select_related("phone_number").exclude(pk__in=known)
        with self.keys():
            attempted.code = messages.code_of(row.get()) or ""
        attempted.pk = row.get().pk
        assert reference.is_a_code(attempted.code)

    def compare_sending(self, seen: Verification | None, expected: Expected) -> None:
        now = len(self.requested_at)
        for asked in self.asked:
            if asked.request == now:
                attempted = self.by_delivery(asked.message.delivery_id)
                assert asked.message.code == attempted.code
                assert asked.message.phone_number == attempted.number.text
        if expected.attempted is None:
            assert seen is None
            return
        attempted = expected.attempted
        sent = expected.asked or attempted.number.sent[-1:] == self.requested_at[-1:]
        _when, _alias, outcome = (
            attempted.deliveries[-1] if sent else max(attempted.deliveries)
        )
        assert seen is not None
        self.compare_told(seen, attempted, outcome)

    def compare_told(
        self, seen: Verification, attempted: Attempted, outcome: str
    ) -> None:
        told = represent(seen, self.model.now)
        expected = attempted.represented(self.model.now, outcome)
        at, expected_at = told.pop("resend_at"), expected.pop("resend_at")
        assert (at is None) == (expected_at is None)
        assert at is None or abs(at - expected_at) < TICK
        assert {**told, **expected} == told

    def by_delivery(self, delivery_id: str) -> Attempted:
        pk = Delivery.objects.get(pk=delivery_id).verification_id
        return next(a for a in self.model.attempted if a.pk == pk)

    def left_for(self, number: str) -> list[datetime]:
        """When people asked for the SMS that may have left for the number."""
        return [
            asked.requested_at
            for asked in self.asked
            if asked.message.phone_number == number
            and asked.outcome not in {"unavailable", "invalid_number"}
        ]

    def row(self, attempted: Attempted) -> Verification:
        return Verification.objects.get(pk=attempted.pk)


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo all of it at the end, as ``TestCase`` does for a test."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_the_flow_does_what_the_reference_does(monkeypatch):
    # The reference asks the vendors of a route in their order, whatever has failed.
    monkeypatch.setattr(breaker, "note", lambda *hand_over: None)
    run_state_machine_as_test(
        FlowMachine,
        settings=settings(
            max_examples=120,
            stateful_step_count=40,
            derandomize=True,
            deadline=None,
            report_multiple_bugs=False,
            database=None,
        ),
    )
