from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from sms_verification import sending
from sms_verification.conf import settings
from sms_verification.exceptions import UnknownPurpose
from sms_verification.models import LATE, Outcome, Verification

_DELIVERY = {
    Outcome.QUEUED: "pending",
    Outcome.UNKNOWN: "pending",
    Outcome.ACCEPTED: "accepted",
    # To a test number.
    Outcome.WITHHELD: "accepted",
    Outcome.REJECTED: "failed",
}


def represent(verification: Verification, now: datetime) -> dict[str, Any]:
    """Return what a client is told. Clocks drift, so times come in seconds too."""
    resend_at = sending.resend_at(verification, now)
    return {
        "id": verification.pk,
        "purpose": verification.purpose,
        "phone_number": verification.phone_number.masked,
        "code_length": verification.code_length,
        "expires_at": verification.expires_at,
        "expires_in": max(0, (verification.expires_at - now) // timedelta(seconds=1)),
        "resend_at": resend_at,
        "resend_in": whole_seconds(resend_at - now) if resend_at else None,
        "checks_left": verification.checks_left if verification.is_pending(now) else 0,
        "delivery": _delivery(verification),
    }


def _delivery(verification: Verification) -> str:
    """Where a purpose needs an account, one word for whatever came of the SMS."""
    if _needs_account(verification.purpose):
        return "pending" if settings.TASK_BACKEND else "accepted"
    delivery = verification.latest_delivery
    if delivery is None:
        return "pending"
    if delivery.vendor_code == LATE and delivery.outcome == Outcome.WITHHELD:
        return "failed"
    return _DELIVERY[Outcome(delivery.outcome)]


def _needs_account(purpose: str) -> bool:
    try:
        return settings.purpose(purpose).needs_account
    except UnknownPurpose:
        # The host has it no longer: safer told alike.
        return True


def whole_seconds(duration: timedelta) -> int:
    """Round up: who waits that long must not come too early."""
    return max(0, math.ceil(duration.total_seconds()))
