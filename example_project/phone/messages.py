"""The SMS that the simulated phone has got: the last lines of the provider's file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from uuid import UUID

from django.conf import settings
from django.utils import timezone

KEPT = 10

# Far more than so many lines have.
TAIL = 32 * 1024

# For so long a message is called new.
FRESH = timedelta(seconds=8)


@dataclass(frozen=True, slots=True)
class Sms:
    """One message on the phone."""

    id: str
    phone_number: str = field(repr=False)
    text: str = field(repr=False)
    code: str = field(repr=False)
    language: str

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Return the message that ``FileProvider`` has written."""
        sms = json.loads(line)
        return cls(
            sms["delivery_id"],
            sms["phone_number"],
            sms["text"],
            sms["code"],
            sms["language"],
        )

    @property
    def sent_at(self) -> datetime:
        """The id of a delivery begins with its time (RFC 9562, version 7)."""
        return datetime.fromtimestamp((UUID(self.id).int >> 80) / 1000, UTC)

    @property
    def parts(self) -> tuple[str, str, str]:
        """The text before the code, the code and the text behind it.

        One that tells of a change has none.
        """
        return self.text.partition(self.code) if self.code else (self.text, "", "")

    @property
    def is_new(self) -> bool:
        return timezone.now() - self.sent_at < FRESH


def latest() -> list[Sms]:
    """Return the last messages, the newest first. None where ``DEBUG`` is off."""
    path: Path = settings.SMS_FILE  # type: ignore[misc]  # of this site alone
    if not settings.DEBUG or not path.exists():
        return []
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL))
        lines = file.read().splitlines()[-KEPT:]
    return [Sms.read(line) for line in reversed(lines)]
