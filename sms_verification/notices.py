"""What is told by SMS without a code: that something has changed."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial

from django.db import DatabaseError
from django.utils import timezone

from sms_verification import limits, registry, routes, sending, storage, transactions
from sms_verification.conf import settings
from sms_verification.dispatch import Sending
from sms_verification.exceptions import InvalidProvider, VerificationError
from sms_verification.models import PhoneNumber, Verification, database
from sms_verification.phone_numbers import is_mainland
from sms_verification.types import Client

__all__ = ["PHONE_CHANGED", "tell"]

logger = logging.getLogger("sms_verification")

PHONE_CHANGED = "phone_changed"


def tell(number: PhoneNumber, notice: str, client: Client | None) -> None:
    """Send the notice by the providers of the route that can word it. Never raise.

    It is on record like a code, as an attempt that no check can succeed for. Limits
    and a lock of checks do not keep it back, by which a thief could: each is preceded
    by codes that were, and who is robbed of a number has to hear of it. Staff's block
    does.
    """
    try:
        if begun := transactions.retry(partial(_begin, number, notice, client)):
            sending.deliver(begun)
    except (VerificationError, DatabaseError, transactions.Contended) as error:
        # Its class alone: what it tells of is done, and its text may hold the number.
        name = type(error).__name__
        logger.error("The notice %s could not be sent: %s.", notice, name)


def _begin(number: PhoneNumber, notice: str, client: Client | None) -> Sending | None:
    now = timezone.now()
    number = PhoneNumber.objects.using(database()).get(pk=number.pk)
    aliases = [a for a in routes.route(number.number) if _can_word(a, number, notice)]
    if not aliases or number.is_blocked(now):
        return None
    verification = Verification(
        phone_number=number,
        purpose=notice,
        code_length=settings.CODE_LENGTH,
        created_at=now,
        expires_at=now + timedelta(seconds=1),
        checks_left=0,
        language=(client.language if client else "")[:16],
    )
    row = sending.new_delivery(verification, aliases[0], now)
    before = number.sent_at
    storage.begin(verification, row, limits.with_send(before, now))
    purpose = settings.purpose(notice)
    return Sending(verification, purpose, row, aliases, before, is_resend=False)


def _can_word(alias: str, number: PhoneNumber, notice: str) -> bool:
    try:
        provider = registry.get_provider(alias)
    except InvalidProvider:  # told by the check of all providers
        return False
    return provider.has_notice(notice, mainland=is_mainland(number.number))
