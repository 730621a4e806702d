"""The sending half behind its commit: by the request itself, or by a worker.

Where a purpose needs an account, nothing that a client can see or ask for afterwards
depends on what came of the SMS: were it told that a provider failed, or given its
cooldown back, it would know that there was a number to send to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from sms_verification import (
    delivery,
    limits,
    messages,
    routes,
    storage,
    transactions,
)
from sms_verification.accounts import get_accounts
from sms_verification.conf import settings
from sms_verification.exceptions import DeliveryFailed
from sms_verification.models import LATE, Delivery, Verification
from sms_verification.types import Purpose

logger = logging.getLogger("sms_verification")

# A send that waited longer counts against the number's limits from when it left. As
# long as what those have over the vendors': a prompt worker moves no cooldown.
PROMPT = limits.MARGIN


@dataclass(frozen=True, slots=True)
class Sending:
    """A committed send, before the network."""

    verification: Verification
    purpose: Purpose
    delivery: Delivery
    aliases: list[str]
    # The number's log as it was before, for when the send comes to nothing.
    sent_before: list[float]
    is_resend: bool


@sensitive_variables()
def at_once(sending: Sending) -> Verification:
    """Hand the SMS over, outside of every transaction. Raise ``DeliveryFailed``."""
    if _came_to_nothing(sending):
        _give_back(sending)
        raise DeliveryFailed("No provider took the SMS.")
    return sending.verification


@sensitive_variables()
def later(sending: Sending, enqueue: Callable[[Delivery], None]) -> Verification:
    """Leave the SMS to a worker. Raise ``DeliveryFailed`` where the queue is down.

    Whose number it is, is the worker's to ask. Until then all numbers are alike, and
    so is a queue that is down: that much may be told.
    """
    sending.verification.latest_delivery = sending.delivery
    try:
        enqueue(sending.delivery)
    except Exception as error:  # each queue has its own
        logger.error("The queue did not take an SMS: %s.", type(error).__name__)
        if delivery.abandon(sending.verification, sending.delivery):
            _give_back(sending)
            raise DeliveryFailed("The queue did not take the SMS.") from None
    return sending.verification


@sensitive_variables()
def by_worker(delivery_id: UUID) -> None:
    """Do what was queued, once, however often its task comes."""
    transactions.refuse_inside("by_worker")
    row = storage.find_queued(delivery_id)
    if row is None:
        return
    asked_at, at = row.requested_at, timezone.now()
    # A purpose or a route that a deployment has lost raises here, and the row waits.
    sending = _queued(row, asked_at)
    if not transactions.retry(partial(storage.claim, row, at)):
        return
    if not (_may_be_sent(sending, asked_at, at) and _counted(sending, asked_at, at)):
        delivery.withhold(sending.verification, row, LATE)
    elif _came_to_nothing(sending):
        _give_back(sending)


def _came_to_nothing(sending: Sending) -> bool:
    """Send it. Return whether nobody took it, and the person may be told so.

    A number without account, where the purpose needs one, costs the same
    statements and gets no SMS. So does a test number.
    """
    verification, purpose = sending.verification, sending.purpose
    number = verification.phone_number
    owned = not purpose.needs_account or get_accounts().exists(number)
    if not owned or messages.test_number_of(number.number, purpose.name):
        delivery.withhold(verification, sending.delivery)
        return False
    refused = delivery.hand_over(verification, sending.delivery, sending.aliases)
    return refused and not purpose.needs_account


@sensitive_variables()
def _queued(row: Delivery, asked_at: datetime) -> Sending:
    """Return what is to be sent, as it stands now."""
    verification = row.verification
    number = verification.phone_number
    return Sending(
        verification,
        settings.purpose(verification.purpose),
        row,
        routes.onwards(routes.route(number.number), row.provider),
        [sent for sent in number.sent_at if sent < asked_at.timestamp()],
        is_resend=asked_at > verification.created_at,
    )


def _may_be_sent(sending: Sending, asked_at: datetime, at: datetime) -> bool:
    """Whether its code is good still, and no newer SMS is asked for: one is enough."""
    verification = sending.verification
    number = verification.phone_number
    if sending.purpose.is_notice:
        return not number.is_blocked(at)
    superseded = max(number.sent_at, default=0) > asked_at.timestamp()
    closed = number.is_blocked(at) or number.is_locked(at)
    return verification.is_pending(at) and not closed and not superseded


def _counted(sending: Sending, asked_at: datetime, at: datetime) -> bool:
    """Count it from now on, if it waited. ``False``: another was asked for meanwhile."""
    number = sending.verification.phone_number
    if at - asked_at <= PROMPT or not number.sent_at:
        return True
    try:
        transactions.retry(partial(storage.postpone, number, at))
    except transactions.Contended:
        return False
    return True


def _give_back(sending: Sending) -> None:
    give_back = partial(
        storage.give_back,
        sending.verification,
        sending.sent_before,
        close=not sending.is_resend,
    )
    try:
        transactions.retry(give_back)
    except transactions.Contended:
        # Nothing is lost but the person's patience: the cooldown stands.
        return
