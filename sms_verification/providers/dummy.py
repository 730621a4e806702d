from __future__ import annotations

from sms_verification.providers.base import Provider
from sms_verification.types import SentMessage, SmsMessage


class DummyProvider(Provider):
    """Accepts each SMS and sends none."""

    for_development = True

    def send(self, message: SmsMessage) -> SentMessage:
        return SentMessage(message_id=message.delivery_id)
