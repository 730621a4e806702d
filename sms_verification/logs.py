"""Logging is a receiver like any other. No line holds a code or a full number."""

from __future__ import annotations

import logging
from typing import Any

from django.dispatch import receiver

from sms_verification import signals

logger = logging.getLogger("sms_verification")


@receiver(signals.verification_started)
def log_started(**event: Any) -> None:
    _log("Started", event)


@receiver(signals.verification_approved)
def log_approved(**event: Any) -> None:
    _log("Approved", event)


@receiver(signals.check_failed)
def log_failed(**event: Any) -> None:
    _log(f"Wrong code ({event['checks_left']} checks left)", event)


@receiver(signals.delivery_recorded)
def log_delivery(**event: Any) -> None:
    reason = f" ({event['reason']})" if event["reason"] else ""
    _log(f"{event['outcome'].capitalize()}{reason} by {event['provider']}", event)


@receiver(signals.receipt_recorded)
def log_receipt(**event: Any) -> None:
    code = f" ({event['receipt_code']})" if event["receipt_code"] else ""
    _log(f"{event['receipt'].capitalize()}{code} by {event['provider']}", event)


def _log(what: str, event: dict[str, Any]) -> None:
    logger.info(
        "%s: %s for %s (%s).",
        what,
        event["purpose"],
        event["phone_number"],
        event["verification_id"],
    )
