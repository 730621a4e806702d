"""What staff did to a number: kept as values, and told in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from sms_verification.admin.state import until

_TOLD: Mapping[str, Any] = {
    "block": _("Blocked %(until)s: %(reason)s"),
    "unblock": _("Unblocked: %(reason)s"),
    "lift-lock": _("Lock lifted: %(reason)s"),
}


def kept(action: str, reason: str, end: datetime | None = None) -> str:
    """Return an act as admin's history keeps it."""
    at = end.isoformat() if end else None
    return json.dumps({"action": action, "until": at, "reason": reason})


def told(message: str) -> str:
    """Return an act in words. What others wrote there is told as it is."""
    try:
        act = json.loads(message)
        end = act["until"] and until(datetime.fromisoformat(act["until"]))
        return str(_TOLD[act["action"]]) % {"until": end, "reason": act["reason"]}
    except (ValueError, TypeError, KeyError):
        return message
