"""What happens to one number, and the rows that the flow would have written."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from factory.random import randgen

from demo import plots, vendors
from demo.people import Person, person
from demo.plots import Plot
from sms_verification import limits
from sms_verification.conf import settings
from sms_verification.models import Delivery, Outcome, PhoneNumber, Verification
from sms_verification.routes import after
from tests.factories import DeliveryFactory, UserFactory, VerificationFactory


class Story:
    """Visit after visit of one number, by the limits that it has. Nothing is saved."""

    def __init__(self, number: PhoneNumber) -> None:
        self.number = number
        self.person: Person = person(number.number)
        self.verifications: list[Verification] = []
        self.deliveries: list[Delivery] = []

    @property
    def user(self) -> User | None:
        return self.number.user

    def visit(self, at: datetime, plot: Plot, purpose: str) -> None:
        """Let somebody come, unless it is too early for the number's next SMS."""
        if limits.send_wait(self.number.sent_at, at):
            return
        verification = self._start(at, purpose)
        self.verifications.append(verification)
        for answers in plot.sends:
            if at > verification.created_at:
                at += limits.send_wait(self.number.sent_at, at) or timedelta(0)
                at += _seconds(2, 25)
            at = self._send(verification, answers, at)
        for _ in range(plot.wrong_codes):
            at += _seconds(6, 20)
            self._fail(verification, at)
        if plot.ending != "nothing":
            self._approve(verification, at + _seconds(6, 30), plot)

    def _start(self, at: datetime, purpose: str) -> Verification:
        lifetime = settings.CODE_LIFETIME
        return VerificationFactory.build(
            id=_identifier(at),
            phone_number=self.number,
            purpose=purpose,
            created_at=at,
            expires_at=at + lifetime,
            address=self.person.address,
            user_agent=self.person.user_agent,
            language=self.person.language,
            user=self.user if settings.purpose(purpose).signed_in else None,
        )

    def _send(
        self, verification: Verification, answers: tuple[str, ...], at: datetime
    ) -> datetime:
        """Hand one SMS to one provider after the other; return when that was done."""
        number, before = self.number, self.number.sent_at
        number.sent_at = limits.with_send(before, at)
        number.sends += 1
        number.active_at = at
        latest = verification.created_at + settings.MAX_LIFETIME
        verification.expires_at = min(at + settings.CODE_LIFETIME, latest)
        for provider, kind in zip(self._route(verification), answers, strict=False):
            at = self._hand_over(verification, provider, kind, at)
        if set(answers) == {plots.OPERATOR}:
            # Nobody took it, so the cooldown is given back.
            number.sent_at = before
            number.sends += 1
            verification.checks_left = 0
        return at

    def _route(self, verification: Verification) -> list[str]:
        mine = [d for d in self.deliveries if d.verification is verification]
        return after(vendors.ROUTE, mine[-1]) if mine else vendors.ROUTE

    def _hand_over(
        self, verification: Verification, provider: str, kind: str, at: datetime
    ) -> datetime:
        delivery = DeliveryFactory.build(
            id=_identifier(at),
            verification=verification,
            provider=provider,
            requested_at=at,
            **vendors.answer(provider, kind),
        )
        self.deliveries.append(delivery)
        if delivery.receipt:
            delivery.received_at = at + _seconds(2, 9)
        arrived = delivery.outcome in {Outcome.ACCEPTED, Outcome.UNKNOWN}
        took = delivery.duration or timedelta(0)
        return at + took + (_seconds(2, 9) if arrived else timedelta(0))

    def _fail(self, verification: Verification, at: datetime) -> None:
        number = self.number
        verification.failed_at.append(at.timestamp())
        verification.checks_left -= 1
        number.failed_checks += 1
        locked = limits.lockout(number.failed_checks, at)
        number.locked_until = locked or number.locked_until

    def _approve(self, verification: Verification, at: datetime, plot: Plot) -> None:
        verification.approved_at = at
        self.number.failed_checks = 0
        if plot.ending == "used":
            self._use(verification, at)

    def _use(self, verification: Verification, at: datetime) -> None:
        """A login spends the approval at once, all else with a form that is sent."""
        login = verification.purpose == "login"
        at += _seconds(0.01, 0.05) if login else _seconds(4, 40)
        verification.used_at = at
        if self.user is None:
            self.link(_new_user(at), at)
        if login and self.user:
            self.user.last_login = at

    def link(self, user: User, at: datetime) -> None:
        self.number.user = user
        self.number.verified_at = at


def _new_user(at: datetime) -> User:
    user: User = UserFactory.build(
        username=f"user_{randgen.getrandbits(48):012x}",
        password=make_password(None),
        date_joined=at,
    )
    return user


def _identifier(at: datetime) -> UUID:
    """Return what ``ids.uuid7`` would have returned then."""
    milliseconds = int(at.timestamp() * 1000)
    high, low = randgen.getrandbits(12), randgen.getrandbits(62)
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def _seconds(least: float, most: float) -> timedelta:
    return timedelta(seconds=randgen.uniform(least, most))
