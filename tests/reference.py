"""What the flow has to do, in plain Python: no database, no cache, no derived code.

It is written from the rules, not from the code, and the state machine holds the code
against it. Each verb returns what its caller must see.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MARGIN = timedelta(seconds=5)

COOLDOWNS = [timedelta(seconds=s) for s in (65, 65, 120, 300, 600)]
WINDOWS = [(5, HOUR + MARGIN), (10, DAY + MARGIN)]
LIFETIME = 5 * MINUTE
LONGEST_LIFE = 10 * MINUTE
SHORTEST_LIFE = 2 * MINUTE
APPROVAL = 10 * MINUTE
MAX_CHECKS = 5
LOCKOUT_AFTER = 3
LOCKOUT = 1 * MINUTE
NEED_ACCOUNT = {"login", "reset_password"}
SIGNED_IN = {"change_phone"}

# How long a vendor takes to answer.
LATENCY = timedelta(milliseconds=20)

# What a vendor answered, as a client may know it.
TOLD = {
    "accepted": "accepted",
    "unknown": "pending",
    "crash": "pending",
    "nonsense": "pending",
    "killed": "pending",
    "invalid_number": "failed",
    "unavailable": "failed",
    "no key": "failed",
    "withheld": "accepted",
}
# The operator's trouble: the next vendor is asked, and nothing has left.
GOES_ON = {"unavailable", "no key"}
# Another vendor would only go round it.
STAYS = {"invalid_number"}


@dataclass
class Number:
    text: str
    owner: Any = None
    sent: list[datetime] = field(default_factory=list)
    failures: int = 0
    locked_until: datetime | None = None

    def free_at(self, now: datetime) -> datetime:
        """When the next SMS may leave."""
        if not self.sent:
            return now
        recent = sum(at > now - HOUR for at in self.sent)
        cooldown = COOLDOWNS[min(max(recent, 1), len(COOLDOWNS)) - 1]
        ends = [
            self.sent[-count] + period
            for count, period in WINDOWS
            if len(self.sent) >= count
        ]
        return max(now, self.sent[-1] + cooldown, *ends)

    def locked(self, now: datetime) -> timedelta | None:
        if self.locked_until is None or self.locked_until <= now:
            return None
        return self.locked_until - now

    def fail(self, now: datetime) -> None:
        self.failures += 1
        over = self.failures - LOCKOUT_AFTER
        if over >= 0 and over % MAX_CHECKS == 0:
            self.locked_until = now + LOCKOUT * 2 ** (over // MAX_CHECKS)


@dataclass(eq=False)
class Attempted:
    """A verification."""

    number: Number
    purpose: str
    user: Any
    key: str
    created_at: datetime
    expires_at: datetime
    checks_left: int = MAX_CHECKS
    approved_at: datetime | None = None
    used_at: datetime | None = None
    # When it was asked for, of whom, and what came of it.
    deliveries: list[tuple[datetime, str, str]] = field(default_factory=list)
    # Of the real one.
    pk: Any = None
    code: str = ""

    def pending(self, now: datetime) -> bool:
        return not self.approved_at and self.checks_left > 0 and now < self.expires_at

    def spendable(self, now: datetime) -> bool:
        return bool(
            self.approved_at and not self.used_at and now < self.approved_at + APPROVAL
        )

    def prolonged(self, at: datetime) -> datetime:
        latest = self.created_at + LONGEST_LIFE
        return max(self.expires_at, min(at + LIFETIME, latest))

    def resendable(self, at: datetime) -> bool:
        return self.pending(at) and self.prolonged(at) - at >= SHORTEST_LIFE

    def resend_at(self, now: datetime) -> datetime | None:
        at = max(self.number.free_at(now), self.number.locked_until or now)
        return at if self.resendable(at) else None

    def represented(self, now: datetime, delivery: str) -> dict[str, Any]:
        """What a client is told, whosever the number is."""
        resend_at = self.resend_at(now)
        return {
            "id": self.pk,
            "purpose": self.purpose,
            "phone_number": self.number.text[:-8] + "****" + self.number.text[-4:],
            "code_length": 10,
            "expires_at": self.expires_at,
            "resend_at": resend_at,
            "checks_left": self.checks_left if self.pending(now) else 0,
            "delivery": "accepted" if self.purpose in NEED_ACCOUNT else TOLD[delivery],
        }


@dataclass
class Expected:
    """What a caller sees: a refusal by its name and pause, or what it asked for."""

    refusal: str = ""
    wait: timedelta | None = None
    attempted: Attempted | None = None
    # The vendors that are asked, in turn.
    asked: list[str] = field(default_factory=list)


class Reference:
    def __init__(self, now: datetime, numbers: list[Number]) -> None:
        self.now = now
        self.numbers = {number.text: number for number in numbers}
        self.keys = ["key 0"]
        self.rotated = 0
        self.vendors = {"first": "accepted", "second": "accepted"}
        self.held: dict[tuple[str | None, str], Attempted] = {}
        self.attempted: list[Attempted] = []

    def start(
        self, text: str, purpose: str, browser: str | None, user: Any
    ) -> Expected:
        number = self.numbers[text]
        if purpose in SIGNED_IN and user is None:
            return Expected("SignInRequired")
        held = self.held.get((browser, purpose))
        theirs = purpose not in SIGNED_IN or (held and held.user == user)
        if held and theirs and held.number is number and held.pending(self.now):
            return Expected(attempted=held)
        if refused := self._refuse_send(number):
            return refused
        attempted = Attempted(
            number, purpose, user, self.keys[0], self.now, self.now + LIFETIME
        )
        self.attempted.append(attempted)
        expected = self._send(attempted, ["first", "second"])
        if expected.refusal == "DeliveryFailed":
            attempted.checks_left = 0
        if browser and not expected.refusal:
            self.held[browser, purpose] = attempted
        return expected

    def resend(self, attempted: Attempted) -> Expected:
        if not attempted.resendable(self.now):
            return Expected("NotPending")
        if refused := self._refuse_send(attempted.number):
            return refused
        route = ["first", "second"]
        _when, last, outcome = max(attempted.deliveries)
        if (last == "first") != (outcome in STAYS):
            route.reverse()
        attempted.expires_at = attempted.prolonged(self.now)
        return self._send(attempted, route)

    def check(
        self, attempted: Attempted, code: Any, purpose: str | None, *, use: bool
    ) -> Expected:
        if purpose not in {None, attempted.purpose}:
            return Expected()
        if wait := attempted.number.locked(self.now):
            return Expected("LockedOut", wait)
        if not attempted.pending(self.now) or not is_a_code(code):
            return Expected()
        if code != attempted.code or attempted.key not in self.keys:
            attempted.checks_left -= 1
            attempted.number.fail(self.now)
            return Expected()
        attempted.approved_at = self.now
        attempted.used_at = self.now if use else None
        attempted.number.failures, attempted.number.locked_until = 0, None
        return Expected(attempted=attempted)

    def use(self, attempted: Attempted, purpose: str, user: Any) -> Expected:
        if purpose != attempted.purpose or not attempted.spendable(self.now):
            return Expected()
        if purpose in SIGNED_IN and user != attempted.user:
            return Expected()
        attempted.used_at = self.now
        return Expected(attempted=attempted)

    def _refuse_send(self, number: Number) -> Expected | None:
        if wait := number.locked(self.now):
            return Expected("LockedOut", wait)
        if wait := number.free_at(self.now) - self.now:
            return Expected("SendLimited", wait)
        return None

    def _send(self, attempted: Attempted, route: list[str]) -> Expected:
        number = attempted.number
        before = number.sent
        # What is a day old is forgotten, whatever the clock does next.
        number.sent = [*(at for at in before if at > self.now - DAY), self.now]
        if attempted.purpose in NEED_ACCOUNT and number.owner is None:
            attempted.deliveries.append((self.now, route[0], "withheld"))
            return Expected(attempted=attempted)
        expected = self._ask(attempted, route)
        # Of a purpose that needs an account nobody is told: a provider that fails
        # would tell that there was a number to send to.
        if expected.refusal == "DeliveryFailed":
            if attempted.purpose in NEED_ACCOUNT:
                return Expected(attempted=attempted, asked=expected.asked)
            number.sent = before
        return expected

    def _ask(self, attempted: Attempted, route: list[str]) -> Expected:
        asked = []
        for alias in route:
            outcome, begun = self.vendors[alias], self.now
            if attempted.key not in self.keys:
                outcome = "no key"
            else:
                asked.append(alias)
                self.now += LATENCY
            attempted.deliveries.append((begun, alias, outcome))
            if outcome == "killed":
                return Expected("Killed", asked=asked)
            if outcome not in GOES_ON:
                return Expected(attempted=attempted, asked=asked)
        return Expected("DeliveryFailed", asked=asked)


def is_a_code(text: Any) -> bool:
    return isinstance(text, str) and len(text) == 10 and set(text) <= set("0123456789")
