"""What our limits let through, no vendor refuses: theirs are never the first to bite.

A vendor's refusal names no time, and the person has waited for nothing.
"""

from __future__ import annotations

import random  # noqa: TID251  # seeded: nothing here is a secret
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from sms_verification import verifications
from sms_verification.exceptions import NotPending, SendLimited
from sms_verification.models import Delivery, Outcome, Verification
from sms_verification.providers.base import Provider
from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from sms_verification.types import Client, SentMessage, SmsMessage
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import ALICE
from tests.providers import vendors

pytestmark = pytest.mark.django_db

# A window of the vendor's may begin with its hour, and its day is not ours.
BEGIN = datetime(2026, 1, 5, 15, 59, 50, tzinfo=UTC)
DAYS = 12
PURPOSES = ["register", "login", "reset_password", "change_phone"]

# How far the vendor's clock is from ours, and how long an SMS is on its way, in seconds.
AHEAD = (-1.0, 1.0)
TRANSIT = (0.0, 2.0)


class Vendor(Provider):
    """One of the vendors' providers, as a host sets it up, at the simulated vendor."""

    def __init__(self, name: str, host: str) -> None:
        self.provider = vendors.VENDORS[name](host)

    def send(self, message: SmsMessage) -> SentMessage:
        return self.provider.send(message)


class Person:
    """Starts, resends and starts for another purpose, at the worst of moments."""

    def __init__(self, clock: time_machine.Traveller) -> None:
        self.clock = clock
        self.random = random.Random(1)
        self.verification: Verification | None = None
        user: Any = UserFactory.create()
        PhoneNumberFactory.create(number=ALICE, user=user)
        self.client = Client(user_pk=user.pk)
        self.refused = 0

    def live(self, until: datetime) -> None:
        while timezone.now() < until:
            try:
                self.ask()
            except SendLimited as error:
                self.refused += 1
                self.wait(error.retry_after)
            except NotPending:
                self.verification = None
            else:
                self.wait(None)

    def ask(self) -> None:
        if self.verification and self.random.random() < 0.5:
            verifications.resend(self.verification.pk, self.client)
        else:
            purpose = self.random.choice(PURPOSES)
            self.verification = verifications.start(ALICE, purpose, self.client)

    def wait(self, told: timedelta | None) -> None:
        """Come back when told to, in the first moment of an hour, or whenever."""
        if self.random.random() < 0.1:
            next_hour = timezone.now().replace(minute=0, second=0, microsecond=0)
            self.clock.move_to(next_hour + timedelta(hours=1))
        elif self.random.random() < 0.03:
            self.clock.shift(self.random.uniform(0, 8 * 3600))
        else:
            self.clock.shift(told or timedelta(seconds=self.random.uniform(0, 2)))


@pytest.fixture
def clock(sms_simulator: Simulator) -> Iterator[time_machine.Traveller]:
    """Ours stands still until it is moved; the vendor's differs each time."""
    jitter = random.Random(0)

    def now() -> datetime:
        seconds = jitter.uniform(*AHEAD) + jitter.uniform(*TRANSIT)
        return timezone.now() + timedelta(seconds=seconds)

    with time_machine.travel(BEGIN, tick=False) as clock:
        sms_simulator.set_clock(now)
        yield clock


@pytest.mark.parametrize("vendor", ["aliyun", "tencent"])
def test_what_our_limits_let_through_no_vendor_refuses(
    settings: Any,
    sms_simulator_server: Server,
    clock: time_machine.Traveller,
    vendor: str,
) -> None:
    options = {"name": vendor, "host": sms_simulator_server.host}
    settings.SMS_VERIFICATION_PROVIDERS = {
        "default": {"BACKEND": f"{__name__}.Vendor", "OPTIONS": options}
    }
    person = Person(clock)
    person.live(until=BEGIN + timedelta(days=DAYS))
    answers = {(d.outcome, d.vendor_code) for d in Delivery.objects.all()}
    assert answers == {(Outcome.ACCEPTED, "")}
    # It was at the limits all the time.
    assert Delivery.objects.count() > 9 * DAYS
    assert person.refused > 9 * DAYS
