"""Which provider, and what came of it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import DatabaseError
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from sms_verification import messages, signals, storage, transactions
from sms_verification.conf import settings
from sms_verification.exceptions import (
    DeliveryUnknown,
    InvalidProvider,
    MessageRejected,
    UnsupportedPhoneNumber,
)
from sms_verification.models import Delivery, Outcome, Verification
from sms_verification.registry import get_provider
from sms_verification.types import Reason, SentMessage, SmsMessage

logger = logging.getLogger("sms_verification")


# The alias for numbers that no route is for.
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Result:
    """What one hand-over came to."""

    outcome: Outcome
    message_id: str = ""
    code: str = ""
    reason: str = ""
    parts: int | None = None

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


def route(phone_number: str) -> list[str]:
    """Return the aliases to try in turn. The longest prefix of the number wins.

    Raise ``UnsupportedPhoneNumber`` where the host's routes lead nowhere.
    """
    routes = settings.ROUTES
    prefixes = [prefix for prefix in routes if phone_number.startswith(prefix)]
    if prefixes:
        return routes[max(prefixes, key=len)]
    if DEFAULT not in settings.PROVIDERS:
        raise UnsupportedPhoneNumber("No provider sends to this number.")
    return [DEFAULT]


def after(aliases: list[str], last: Delivery) -> list[str]:
    """Return the route from the provider behind the last delivery's on.

    After a refusal that protects the person it stays with the same one: another
    vendor would only go round it.
    """
    if last.provider not in aliases:
        return aliases
    position = aliases.index(last.provider)
    if not (last.reason and Reason(last.reason).protects_the_person):
        position += 1
    return [*aliases[position:], *aliases[:position]]


def hand_over(
    verification: Verification, delivery: Delivery, aliases: list[str]
) -> bool:
    """Send the SMS by the first provider that accepts it, and record every answer.

    ``delivery`` is the committed row of the first alias. Return whether another
    send makes sense at once: every provider refused for a reason of the operator's.
    """
    for alias in aliases:
        if delivery.provider != alias:
            delivery = Delivery(verification=verification, provider=alias)
            storage.add_delivery(delivery)
        result = _send(verification, delivery)
        if not result.goes_on:
            return False
    return True


def withhold(verification: Verification, delivery: Delivery) -> None:
    """Record that nothing was sent on purpose, at the cost of a send's statement."""
    _record(verification, delivery, Result(Outcome.WITHHELD), timedelta(0))


@sensitive_variables()
def _send(verification: Verification, delivery: Delivery) -> Result:
    message = messages.compose(verification, delivery, timezone.now())
    begun = time.monotonic()
    if message is None:
        result = Result(Outcome.REJECTED, reason=Reason.CONFIGURATION, code="key")
    else:
        result = _ask(delivery.provider, message)
    duration = timedelta(seconds=time.monotonic() - begun)
    _record(verification, delivery, result, duration)
    return result


@sensitive_variables()
def _ask(alias: str, message: SmsMessage) -> Result:
    try:
        provider = get_provider(alias)
    except InvalidProvider:
        logger.exception("Provider %s cannot be built.", alias)
        return Result(Outcome.REJECTED, reason=Reason.CONFIGURATION)
    try:
        return _accepted(alias, provider.send(message))
    except MessageRejected as error:
        reason = _reason(error.reason)
        return Result(Outcome.REJECTED, reason=reason, code=_short(error.code))
    except DeliveryUnknown as error:
        return Result(Outcome.UNKNOWN, code=_short(error.code))
    except Exception as error:  # a provider may be anybody's
        # Its class alone: texts of SDKs hold codes, numbers and keys.
        name = type(error).__name__
        logger.error("Provider %s raised %s.", alias, name)
        return Result(Outcome.UNKNOWN, code=_short(name))


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


def _record(
    verification: Verification,
    delivery: Delivery,
    result: Result,
    duration: timedelta,
) -> None:
    answer = {
        "outcome": result.outcome,
        "message_id": result.message_id,
        "vendor_code": result.code,
        "reason": result.reason,
        "parts": result.parts,
        "duration": duration,
    }
    try:
        transactions.retry(partial(storage.record, delivery, answer))
    except (DatabaseError, transactions.Contended):
        # The SMS is on its way all the same, and the row says that it may be.
        logger.exception("The outcome of a delivery by %s is lost.", delivery.provider)
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
