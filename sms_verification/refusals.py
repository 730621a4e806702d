"""What was refused to each number of late, for staff who are asked why.

It stands in the cache, for a few days and without a promise: a refusal must cost the
database no write, or whoever is refused could make it busy.

Only the number's own refusals are noted, by its cooldown, limits, lock or block. Those
need an SMS that was admitted. Any others a client could have for as many numbers as it
can think of, and their notes would drive its own limits out of the cache.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables

from sms_verification.exceptions import VerificationError
from sms_verification.phone_numbers import mask

__all__ = ["Refusal", "noted", "recent"]

logger = logging.getLogger("sms_verification")

KEPT = 20
LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal: of a ``start``, a ``resend`` or a ``check``, with its error's code."""

    at: datetime
    action: str
    purpose: str
    code: str


@contextmanager
def noted(action: str, phone_number: str, purpose: str) -> Iterator[None]:
    """Note what the block refuses, and let it pass on."""
    try:
        yield
    except VerificationError as error:
        _note(phone_number, Refusal(timezone.now(), action, purpose, error.code))
        raise


@sensitive_variables()
def recent(phone_number: str) -> list[Refusal]:
    """Return the last refusals of an E.164 number, the newest last."""
    try:
        return [Refusal(*entry) for entry in cache.get(_key(phone_number), [])]
    except Exception as error:  # each cache backend has its own
        logger.error("Refusals could not be read: %s.", type(error).__name__)
        return []


@sensitive_variables()
def _note(phone_number: str, refusal: Refusal) -> None:
    what = (refusal.code, refusal.action, refusal.purpose, mask(phone_number))
    logger.info("Refused (%s): %s, %s for %s.", *what)
    entry = (refusal.at, refusal.action, refusal.purpose, refusal.code)
    key = _key(phone_number)
    try:
        entries = [*cache.get(key, []), entry][-KEPT:]
        cache.set(key, entries, LIFETIME.total_seconds())
    except Exception as error:  # each cache backend has its own
        # The person gets the refusal that was due, and staff one line less.
        logger.error("A refusal was not noted: %s.", type(error).__name__)


@sensitive_variables()
def _key(phone_number: str) -> str:
    # A cache is no place for numbers.
    digest = salted_hmac("sms_verification.refusals", phone_number, algorithm="sha256")
    return f"sms_verification.refusals.{digest.hexdigest()[:32]}"
