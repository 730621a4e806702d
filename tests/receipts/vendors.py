"""Providers that read what their vendors push, and answer when they are asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sms_verification.exceptions import DeliveryUnknown
from sms_verification.providers import (
    aliyun_receipts,
    tencent_receipts,
    twilio_receipts,
)
from sms_verification.providers.dummy import DummyProvider
from sms_verification.types import Push, Receipt, ReceiptStatus

TOKEN = "12345"


class Aliyun(DummyProvider):
    push_answer = aliyun_receipts.ANSWER

    def read_push(self, push: Push) -> Sequence[Receipt]:
        return aliyun_receipts.read(push.body)


class Tencent(DummyProvider):
    push_answer = tencent_receipts.ANSWER

    def read_push(self, push: Push) -> Sequence[Receipt]:
        return tencent_receipts.read(push.body)


class Twilio(DummyProvider):
    push_answer_type = "text/plain"

    def read_push(self, push: Push) -> Sequence[Receipt]:
        return twilio_receipts.read(push, TOKEN)


class Broken(DummyProvider):
    """Raises what holds what was pushed."""

    def read_push(self, push: Push) -> Sequence[Receipt]:
        raise LookupError(push.body.decode())


class Asked(DummyProvider):
    """Knows what became of every SMS, and keeps what it was asked."""

    questions: list[tuple[str, str, date]] = []

    def ask_receipts(
        self, phone_number: str, message_id: str, day: date
    ) -> Sequence[Receipt]:
        self.questions.append((phone_number, message_id, day))
        return [
            Receipt(
                status=ReceiptStatus.DELIVERED,
                code="DELIVERED",
                message_id=message_id,
                phone_number=phone_number,
            )
        ]


class Deaf(DummyProvider):
    """Gives no answer, and an error whose text holds the number."""

    def ask_receipts(
        self, phone_number: str, message_id: str, day: date
    ) -> Sequence[Receipt]:
        raise DeliveryUnknown(phone_number)


class Mute(DummyProvider):
    """Can be asked in principle, and not as it is set up."""

    def ask_receipts(
        self, phone_number: str, message_id: str, day: date
    ) -> Sequence[Receipt]:
        raise NotImplementedError


def vendor(name: str) -> dict[str, Any]:
    return {"BACKEND": f"tests.receipts.vendors.{name}"}
