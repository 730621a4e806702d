"""What the JSON of China's vendors has in common when they tell of receipts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from django.views.decorators.debug import sensitive_variables

from sms_verification.exceptions import InvalidPush

# Their times carry no zone, and China has one.
CHINA = timezone(timedelta(hours=8))


@sensitive_variables()
def reports(body: bytes) -> list[Mapping[str, Any]]:
    """Return the objects of a JSON array. Raise ``InvalidPush`` for anything else."""
    try:
        array = json.loads(body.decode())
    except (ValueError, RecursionError):
        # Its text quotes the body, which holds numbers.
        raise InvalidPush from None
    if not isinstance(array, list):
        raise InvalidPush
    if not all(isinstance(report, dict) for report in array):
        raise InvalidPush
    return array


@sensitive_variables()
def text(report: Mapping[str, Any], name: str) -> str:
    """Return a member that is text, else nothing."""
    value = report.get(name)
    return value if isinstance(value, str) else ""


def china_time(written: str) -> datetime | None:
    """Read ``2026-01-05 20:00:00``."""
    try:
        at = datetime.strptime(written, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  # below
    except ValueError:
        return None
    return at.replace(tzinfo=CHINA)
