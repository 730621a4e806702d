"""What is told by SMS without a code: that something has changed."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone

from sms_verification import limits, registry, routes, sending, storage, transactions
from sms_verification.conf import settings
from sms_verification.dispatch import Sending
from sms_verification.exceptions import DeliveryFailed
from sms_verification.models import PhoneNumber, Verification, database
from sms_verification.phone_numbers import is_mainland
from sms_verification.types import Client

__all__ = ["PHONE_CHANGED", "tell"]

logger = logging.getLogger("sms_verification")

PHONE_CHANGED = "phone_changed"


def tell(number: PhoneNumber, notice: str, client: Client | None) -> None:
    """Send the notice by the providers of the route that can word it. Never raise.

    It is on record like a code, as an attempt that no check can succeed for. Limits
    do not keep it back: each is preceded by codes that were, and who is robbed of a
    number has to hear of it.
    """
    aliases = [a for a in routes.route(number.number) if _can_word(a, number, notice)]
    if not aliases:
        return
    try:
        begun = transactions.retry(lambda: _begin(number, notice, aliases, client))
        sending.deliver(begun)
    except (DeliveryFailed, transactions.Contended):
        logger.error("The notice %s could not be sent.", notice)


def _can_word(alias: str, number: PhoneNumber, notice: str) -> bool:
    provider = registry.get_provider(alias)
    return provider.has_notice(notice, mainland=is_mainland(number.number))


def _begin(
    number: PhoneNumber, notice: str, aliases: list[str], client: Client | None
) -> Sending:
    now = timezone.now()
    number = PhoneNumber.objects.using(database()).get(pk=number.pk)
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
