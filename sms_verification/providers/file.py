from __future__ import annotations

import json
import os
from pathlib import Path

from sms_verification.providers.base import Provider
from sms_verification.providers.text import text
from sms_verification.types import SentMessage, SmsMessage


class FileProvider(Provider):
    """Appends each SMS to a file, one JSON object a line, for development.

    The file is made readable by its owner alone.
    """

    for_development = True

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def has_notice(self, notice: str, *, mainland: bool) -> bool:
        return True

    def send(self, message: SmsMessage) -> SentMessage:
        line = json.dumps(
            {
                "phone_number": message.phone_number,
                "code": message.code,
                "purpose": message.purpose,
                "language": message.language,
                "delivery_id": message.delivery_id,
                "text": text(message),
            },
            ensure_ascii=False,
        )
        # One write to a file opened for appending: lines of processes do not mix.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        descriptor = os.open(self.path, flags, mode=0o600)
        try:
            os.write(descriptor, f"{line}\n".encode())
        finally:
            os.close(descriptor)
        return SentMessage(message_id=message.delivery_id)
