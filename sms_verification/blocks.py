"""What staff may do to a number: block it, unblock it, lift its lock."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, QuerySet

from sms_verification.models import PhoneNumber, database

__all__ = ["block", "lift_lock", "unblock"]


def block(number: PhoneNumber, until: datetime, reason: str) -> None:
    """Let nothing start, resend or check for the number until then.

    A start that has read the row loses it, and reads again.
    """
    _row(number).update(sends=F("sends") + 1, blocked_until=until, block_reason=reason)


def unblock(number: PhoneNumber) -> None:
    """Undo ``block``."""
    _row(number).update(blocked_until=None, block_reason="")


def lift_lock(number: PhoneNumber) -> None:
    """Let codes be compared again. The count of failures stands: none is given back."""
    _row(number).update(locked_until=None)


def _row(number: PhoneNumber) -> QuerySet[PhoneNumber]:
    return PhoneNumber.objects.using(database()).filter(pk=number.pk)
