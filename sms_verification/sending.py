"""The sending half of the flow: what start and resend have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, partial
from uuid import UUID

from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from sms_verification import (
    breaker,
    clients,
    dispatch,
    limits,
    messages,
    refusals,
    routes,
    storage,
    transactions,
)
from sms_verification.conf import settings
from sms_verification.dispatch import Sending
from sms_verification.exceptions import NotFound, NotPending, SendLimited
from sms_verification.models import Delivery, Outcome, PhoneNumber, Verification
from sms_verification.types import Client, Purpose

# Under this much life left, a code may expire before the person has typed it.
SHORTEST_LIFE = timedelta(minutes=2)


@sensitive_variables()
def start(phone_number: str, purpose: Purpose, client: Client | None) -> Sending:
    """Admit and commit the first send of a new verification."""
    charge = _charge_once(client)

    @sensitive_variables()
    def write() -> Sending:
        now, aliases = timezone.now(), routes.route(phone_number)
        number = storage.find_number(phone_number)
        with refusals.noted("start", phone_number, purpose.name):
            log = _admit(number, purpose.name, now)
        charge()
        aliases = breaker.in_turn(aliases)
        verification = _new(number, purpose, client, now)
        row = new_delivery(verification, aliases[0], now)
        before = number.sent_at
        storage.begin(verification, row, log)
        return Sending(verification, purpose, row, aliases, before, is_resend=False)

    return _once_admitted(write)


def resend(verification_id: UUID, client: Client | None) -> Sending:
    """Admit and commit another send of a pending verification."""
    charge = _charge_once(client)

    @sensitive_variables()
    def write() -> Sending:
        now = timezone.now()
        verification = storage.find(verification_id)
        if verification is None:
            raise NotFound("There is no such verification.")
        purpose = settings.purpose(verification.purpose)
        number, aliases = verification.phone_number, _next_aliases(verification)
        with refusals.noted("resend", number.number, purpose.name):
            if not may_resend(verification, now):
                raise NotPending("Start anew.")
            log = _admit(number, purpose.name, now)
        charge()
        row = new_delivery(verification, aliases[0], now)
        before = number.sent_at
        storage.prolong(verification, row, log, _prolonged(verification, now))
        return Sending(verification, purpose, row, aliases, before, is_resend=True)

    return _once_admitted(write)


def deliver(sending: Sending) -> Verification:
    """Hand the SMS over, or leave it to a worker. Raise ``DeliveryFailed``."""
    if sending.delivery.outcome == Outcome.QUEUED:
        return dispatch.later(sending, _enqueue)
    return dispatch.at_once(sending)


def _enqueue(delivery: Delivery) -> None:
    # Here, since a host without a queue may have no framework of tasks.
    from sms_verification import queue_task  # noqa: PLC0415

    queue_task.enqueue(delivery.pk)


def resend_at(verification: Verification, now: datetime) -> datetime | None:
    """Return when the code can be sent again, or ``None`` if it cannot be."""
    number = verification.phone_number
    times = [now, number.locked_until, number.blocked_until]
    if wait := limits.send_wait(number.sent_at, now):
        times.append(now + wait)
    at = max(filter(None, times))
    return at if may_resend(verification, at) else None


def may_resend(verification: Verification, at: datetime) -> bool:
    """Whether a code sent at that moment would live long enough to be typed."""
    if not verification.is_pending(at):
        return False
    left = _prolonged(verification, at) - at
    return left >= min(SHORTEST_LIFE, settings.CODE_LIFETIME)


def _prolonged(verification: Verification, at: datetime) -> datetime:
    latest = verification.created_at + settings.MAX_LIFETIME
    return max(verification.expires_at, min(at + settings.CODE_LIFETIME, latest))


@sensitive_variables()
def _new(
    number: PhoneNumber, purpose: Purpose, client: Client | None, now: datetime
) -> Verification:
    test_number = messages.test_number_of(number.number, purpose.name)
    client = client or Client()
    return Verification(
        phone_number=number,
        purpose=purpose.name,
        code_length=len(test_number.code) if test_number else purpose.code_length,
        created_at=now,
        expires_at=now + settings.CODE_LIFETIME,
        checks_left=settings.MAX_CHECKS,
        address=client.address,
        user_agent=clients.printable(client.user_agent),
        user_id=client.user_pk,
        language=client.language[:16],
    )


def new_delivery(verification: Verification, alias: str, now: datetime) -> Delivery:
    outcome = Outcome.QUEUED if settings.TASK_BACKEND else Outcome.UNKNOWN
    return Delivery(
        verification=verification,
        provider=alias,
        outcome=str(outcome),
        requested_at=now,
    )


def _admit(number: PhoneNumber, purpose: str, now: datetime) -> list[float]:
    """Refuse what the number's own limits forbid, and return its log with this send.

    They come before the client's, since to ask them spends nothing, and are written
    after: a refusal by the client's spends none of the number's.
    """
    if messages.test_number_of(number.number, purpose):
        limits.refuse_check(number, now)
        return list(number.sent_at)
    limits.refuse_send(number, now)
    return limits.with_send(number.sent_at, now)


def _next_aliases(verification: Verification) -> list[str]:
    """The last provider did not reach the phone, so the one behind it is next."""
    aliases = routes.route(verification.phone_number.number)
    if len(aliases) == 1:
        return aliases
    last = verification.latest_delivery
    return routes.after(aliases, last) if last else breaker.in_turn(aliases)


def _charge_once(client: Client | None) -> Callable[[], None]:
    """A race that is lost and run again is one action of the client's."""
    return cache(partial(limits.charge, "start", client))


def _once_admitted(write: Callable[[], Sending]) -> Sending:
    try:
        return transactions.retry(write)
    except transactions.Contended:
        raise SendLimited(transactions.CONTENTION_PAUSE) from None
