"""Alibaba Cloud on this machine: its own SDK sends, the simulated phone receives."""

from __future__ import annotations

import atexit
import json
import os
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from sms_verification.providers.aliyun import AliyunProvider
from sms_verification.simulators.messages import SimulatedMessage
from sms_verification.simulators.server import Server, serve


class SimulatedAliyunProvider(AliyunProvider):
    """Hands each SMS to the SDK, and the SDK to a vendor in this very process.

    The vendor answers as long as ``DEBUG`` is on.
    """

    for_development = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, endpoint=server().host, protocol="http")


@cache
def server() -> Server:
    """Start the vendor, once. It ends with the process."""
    running = ExitStack()
    # Not later: its thread would have ended by then, and its end would be waited for.
    atexit.register(running.close)
    return running.enter_context(serve())


def receive(message: SimulatedMessage, **_event: Any) -> None:
    """Put what the vendor accepted where the phone looks."""
    if not settings.DEBUG:
        return
    path: Path = settings.SMS_FILE  # type: ignore[misc]  # of this site alone
    line = {
        "phone_number": message.phone_number,
        "code": message.params["code"],
        "language": "zh-hans" if message.phone_number.startswith("+86") else "en",
        "delivery_id": message.out_id,
        "text": message.text,
    }
    with open(path, "a", encoding="utf-8", opener=_for_its_owner) as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
