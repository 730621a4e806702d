"""Vendors that do not accept an SMS, and one that does."""

from __future__ import annotations

from typing import Any

from sms_verification.exceptions import DeliveryUnknown, MessageRejected
from sms_verification.providers.base import Provider
from sms_verification.types import SentMessage, SmsMessage


class Refusing(Provider):
    """Has definitely not accepted it."""

    def __init__(self, reason: str = "unavailable", code: str = "") -> None:
        self.reason = reason
        self.code = code

    def send(self, message: SmsMessage) -> SentMessage:
        raise MessageRejected(self.reason, self.code)


class Silent(Provider):
    """Took the request and never answered."""

    def send(self, message: SmsMessage) -> SentMessage:
        raise DeliveryUnknown("timeout")


def refusing(reason: str = "unavailable", code: str = "") -> dict[str, Any]:
    return {
        "BACKEND": "tests.vendors.Refusing",
        "OPTIONS": {"reason": reason, "code": code},
    }


def silent() -> dict[str, Any]:
    return {"BACKEND": "tests.vendors.Silent"}


def accepting() -> dict[str, Any]:
    return {"BACKEND": "sms_verification.providers.locmem.LocmemProvider"}
