"""Vendors that do not accept an SMS, and one that does."""

from __future__ import annotations

import time
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


class Crawling(Provider):
    """Takes its time, in seconds."""

    def __init__(self, seconds: float, accepts: bool = False) -> None:
        self.seconds = seconds
        self.accepts = accepts

    def send(self, message: SmsMessage) -> SentMessage:
        time.sleep(self.seconds)
        if not self.accepts:
            raise MessageRejected("unavailable")
        return SentMessage()


def refusing(reason: str = "unavailable", code: str = "") -> dict[str, Any]:
    return {
        "BACKEND": "tests.vendors.Refusing",
        "OPTIONS": {"reason": reason, "code": code},
    }


def silent() -> dict[str, Any]:
    return {"BACKEND": "tests.vendors.Silent"}


def crawling(seconds: float, *, accepts: bool = False) -> dict[str, Any]:
    options = {"seconds": seconds, "accepts": accepts}
    return {"BACKEND": "tests.vendors.Crawling", "OPTIONS": options}


def accepting() -> dict[str, Any]:
    return {"BACKEND": "sms_verification.providers.locmem.LocmemProvider"}
