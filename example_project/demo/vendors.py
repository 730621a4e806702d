"""What two vendors answer, in the words of Alibaba Cloud and of Tencent Cloud."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from factory.random import randgen

from sms_verification.models import Outcome
from sms_verification.types import Reason

ROUTE = ["default", "backup"]

# For the operator's sake: the next provider is asked.
OPERATORS = {
    "default": [
        (Reason.BALANCE, "isv.AMOUNT_NOT_ENOUGH"),
        (Reason.CONFIGURATION, "isv.SMS_TEMPLATE_ILLEGAL"),
        (Reason.CREDENTIALS, "isp.RAM_PERMISSION_DENY"),
        (Reason.UNAVAILABLE, "isp.SYSTEM_ERROR"),
    ],
    "backup": [
        (Reason.BALANCE, "FailedOperation.InsufficientBalanceInSmsPackage"),
        (Reason.CONTENT, "FailedOperation.ContainSensitiveWord"),
        (Reason.UNAVAILABLE, "RequestLimitExceeded"),
    ],
}

# For the person's sake: nobody else is asked.
PERSONS = {
    "default": [
        (Reason.RATE_LIMITED, "isv.BUSINESS_LIMIT_CONTROL"),
        (Reason.OPTED_OUT, "isv.BLACK_KEY_CONTROL_LIMIT"),
        (Reason.INVALID_NUMBER, "isv.MOBILE_NUMBER_ILLEGAL"),
    ],
    "backup": [
        (Reason.RATE_LIMITED, "LimitExceeded.PhoneNumberDailyLimit"),
        (Reason.OPTED_OUT, "FailedOperation.PhoneNumberInBlacklist"),
    ],
}

ARRIVED = {"default": "DELIVERED", "backup": "DELIVRD"}
LOST = ["MK:0001", "MK:0005", "UNDELIV", "EXPIRED", "REJECTD"]


def answer(provider: str, kind: str) -> dict[str, Any]:
    """Return what a delivery's columns hold after an answer of this kind."""
    return {"duration": _took(0.08, 0.7), **_KINDS[kind](provider)}


def _rejected(reasons: dict[str, list[tuple[Reason, str]]], provider: str) -> Any:
    reason, code = randgen.choice(reasons[provider])
    return {"outcome": Outcome.REJECTED, "reason": reason, "vendor_code": code}


def _accepted(provider: str) -> dict[str, Any]:
    number = randgen.randrange(10**17, 10**18)
    message_id = f"{number}^0" if provider == "default" else f"2640:{number}{number}"
    return {"message_id": message_id, "parts": 1}


def _delivered(provider: str) -> dict[str, Any]:
    code = ARRIVED[provider]
    return {**_accepted(provider), "delivered": True, "receipt_code": code}


def _undelivered(provider: str) -> dict[str, Any]:
    code = randgen.choice(LOST)
    return {**_accepted(provider), "undelivered": True, "receipt_code": code}


def _unknown(_provider: str) -> dict[str, Any]:
    code = randgen.choice(["ReadTimeout", "ConnectionResetError"])
    took = _took(5.0, 5.2) if code == "ReadTimeout" else _took(0.1, 2.0)
    return {"outcome": Outcome.UNKNOWN, "vendor_code": code, "duration": took}


def _withheld(_provider: str) -> dict[str, Any]:
    return {"outcome": Outcome.WITHHELD, "duration": timedelta(0)}


def _took(least: float, most: float) -> timedelta:
    return timedelta(seconds=randgen.uniform(least, most))


_KINDS: dict[str, Any] = {
    "accepted": _accepted,
    "delivered": _delivered,
    "undelivered": _undelivered,
    "unknown": _unknown,
    "withheld": _withheld,
    "refused to the operator": lambda provider: _rejected(OPERATORS, provider),
    "refused to the person": lambda provider: _rejected(PERSONS, provider),
}
