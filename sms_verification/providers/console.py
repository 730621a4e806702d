from __future__ import annotations

import sys
from typing import TextIO

from sms_verification.providers.base import Provider
from sms_verification.providers.text import text
from sms_verification.types import SentMessage, SmsMessage


class ConsoleProvider(Provider):
    """Writes each SMS to standard output, for development."""

    for_development = True

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream

    def has_notice(self, notice: str, *, mainland: bool) -> bool:
        return True

    def send(self, message: SmsMessage) -> SentMessage:
        stream = self.stream or sys.stdout
        stream.write(f"SMS to {message.phone_number}: {text(message)}\n")
        stream.flush()
        return SentMessage(message_id=message.delivery_id)
