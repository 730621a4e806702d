from __future__ import annotations

from sms_verification.providers.base import Provider
from sms_verification.types import SentMessage, SmsMessage

# What has been sent by this process, as ``django.core.mail.outbox`` has it.
outbox: list[SmsMessage] = []


class LocmemProvider(Provider):
    """Keeps each SMS in ``outbox``, for tests."""

    for_development = True

    def has_notice(self, notice: str, *, mainland: bool) -> bool:
        return True

    def send(self, message: SmsMessage) -> SentMessage:
        outbox.append(message)
        return SentMessage(message_id=message.delivery_id)
