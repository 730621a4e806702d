"""The hand-over of an SMS to the providers of its route, and what came of it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from sms_verification import breaker, messages, signals, storage, transactions
from sms_verification.exceptions import (
    DeliveryUnknown,
    InvalidProvider,
    MessageRejected,
)
from sms_verification.models import Delivery, Outcome, Verification
from sms_verification.phone_numbers import is_mainland
from sms_verification.providers.base import Provider
from sms_verification.registry import get_provider
from sms_verification.types import Reason, SentMessage, SmsMessage

logger = logging.getLogger("sms_verification")

# Once so much of a route is over, no further provider is asked: somebody waits.
ROUTE_DEADLINE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Result:
    """What one hand-over came to."""

    outcome: Outcome
    message_id: str = ""
    code: str = ""
    reason: str = ""
    parts: int | None = None
    duration: timedelta = timedelta(0)

    @property
    def goes_on(self) -> bool:
        """Whether the next provider of the route may be asked.

        Never after an unknown outcome: the SMS may have left. Nor after a refusal
        that protects the person: another vendor would only go round it.
        """
        return (
            self.outcome == Outcome.REJECTED
            and not Reason(self.reason).protects_the_person
        )


def hand_over(
    verification: Verification, delivery: Delivery, aliases: list[str]
) -> bool:
    """Send the SMS by the first provider that accepts it, and record every answer.

    ``delivery`` is the committed row of the first alias. Return whether another
    send makes sense at once: every provider that was asked refused for a reason of
    the operator's.
    """
    begun = time.monotonic()
    for alias in aliases:
        if delivery.provider != alias:
            if _since(begun) > ROUTE_DEADLINE:
                break
            delivery = Delivery(verification=verification, provider=alias)
            storage.add_delivery(delivery)
        result = _send(verification, delivery)
        if not result.goes_on:
            return False
    return True


def withhold(verification: Verification, delivery: Delivery, code: str = "") -> None:
    """Record that nothing was sent on purpose, at the cost of a send's statement."""
    _record(verification, delivery, Result(Outcome.WITHHELD, code=code))


def abandon(verification: Verification, delivery: Delivery) -> bool:
    """Record that the queue did not take it; return whether that is so.

    A queue may fail after it took the task: then the worker's claim wins.
    """
    result = Result(Outcome.REJECTED, reason=Reason.UNAVAILABLE, code="queue")
    abandoned = transactions.retry(partial(storage.abandon, delivery, _answer(result)))
    if abandoned:
        _announce(verification, delivery, result)
    return abandoned


@sensitive_variables()
def _send(verification: Verification, delivery: Delivery) -> Result:
    message = messages.compose(verification, delivery, timezone.now())
    if message is None:
        result = Result(Outcome.REJECTED, reason=Reason.CONFIGURATION, code="key")
    else:
        result = ask(delivery.provider, message)
    _record(verification, delivery, result)
    breaker.note(delivery.provider, result.outcome, result.reason, result.duration)
    return result


@sensitive_variables()
def ask(alias: str, message: SmsMessage) -> Result:
    """Hand one SMS to one provider, once, and return what it came to. Never raise."""
    begun = time.monotonic()
    result = _ask(alias, message)
    return replace(result, duration=_since(begun))


@sensitive_variables()
def _ask(alias: str, message: SmsMessage) -> Result:
    try:
        provider = get_provider(alias)
    except InvalidProvider as error:
        # No traceback: what a provider is built from holds keys.
        logger.error("Provider %s cannot be built: %s", alias, error)
        return Result(Outcome.REJECTED, reason=Reason.CONFIGURATION)
    try:
        return _accepted(alias, _send_by(provider, message))
    except MessageRejected as error:
        reason = _reason(error.reason)
        return Result(Outcome.REJECTED, reason=reason, code=_short(error.code))
    except DeliveryUnknown as error:
        return Result(Outcome.UNKNOWN, code=_short(error.code))
    except ImproperlyConfigured:
        logger.error("Provider %s cannot send. sms_doctor tells why.", alias)
        return Result(Outcome.REJECTED, reason=Reason.CONFIGURATION)
    except Exception as error:  # a provider may be anybody's
        # Its class alone: texts of SDKs hold codes, numbers and keys.
        name = type(error).__name__
        logger.error("Provider %s raised %s.", alias, name)
        return Result(Outcome.UNKNOWN, code=_short(name))


@sensitive_variables()
def _send_by(provider: Provider, message: SmsMessage) -> SentMessage:
    mainland = is_mainland(message.phone_number)
    if not (message.code or provider.has_notice(message.purpose, mainland=mainland)):
        # It would send a text for codes with no code in it.
        raise MessageRejected(Reason.CONFIGURATION, "no_template")
    return provider.send(message)


def _since(begun: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - begun)


def _accepted(alias: str, sent: object) -> Result:
    if not isinstance(sent, SentMessage):
        logger.error("Provider %s returned no SentMessage.", alias)
        return Result(Outcome.UNKNOWN)
    message_id = _short(sent.message_id)
    return Result(Outcome.ACCEPTED, message_id=message_id, parts=_parts(sent.parts))


def _reason(reason: str) -> Reason:
    """A word of its own is still a refusal, and one that another vendor may not share."""
    try:
        return Reason(reason)
    except ValueError:
        return Reason.UNAVAILABLE


def _short(text: object) -> str:
    """What a column takes: a database that refused the row would lose the outcome."""
    return "".join(c for c in str(text or "") if c.isprintable())[:128]


def _parts(parts: object) -> int | None:
    return parts if type(parts) is int and 0 <= parts < 2**15 else None


def _record(verification: Verification, delivery: Delivery, result: Result) -> None:
    try:
        transactions.retry(partial(storage.record, delivery, _answer(result)))
    except (DatabaseError, transactions.Contended):
        # The SMS is on its way all the same, and the row says that it may be.
        logger.exception("The outcome of a delivery by %s is lost.", delivery.provider)
    _announce(verification, delivery, result)


def _answer(result: Result) -> dict[str, Any]:
    return {
        "outcome": result.outcome,
        "message_id": result.message_id,
        "vendor_code": result.code,
        "reason": result.reason,
        "parts": result.parts,
        "duration": result.duration,
    }


def _announce(verification: Verification, delivery: Delivery, result: Result) -> None:
    verification.latest_delivery = delivery
    signals.delivery_recorded.send_robust(
        Delivery,
        verification_id=verification.pk,
        purpose=verification.purpose,
        phone_number=verification.phone_number.masked,
        provider=delivery.provider,
        outcome=str(result.outcome),
        reason=str(result.reason),
    )
