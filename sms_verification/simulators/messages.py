"""The mobile network behind the simulated vendors: what it would have delivered."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock

from django.dispatch import Signal

__all__ = ["Inbox", "SimulatedMessage", "message_accepted"]

# A vendor has accepted an SMS. Told ``message``, a ``SimulatedMessage``: it holds the
# code, so a receiver is a simulated phone or a test, and no log.
message_accepted = Signal()


def utc_now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


@dataclass(frozen=True, kw_only=True)
class SimulatedMessage:
    """One SMS as a phone would show it. Its repr holds neither text nor number."""

    vendor: str
    # In E.164, whichever form the vendor takes.
    phone_number: str = field(repr=False)
    text: str = field(repr=False)
    sent_at: datetime
    # The vendor's id, which receipts repeat, and the sender's own.
    message_id: str
    out_id: str = ""
    sign_name: str = ""
    template: str = ""
    params: Mapping[str, str] = field(default_factory=dict, repr=False)


class Inbox:
    """All that was accepted, by time. Safe to use from several threads."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self.now = now
        # Held by a vendor from its look at the limits to the message's arrival.
        self.lock = RLock()
        self._messages: list[SimulatedMessage] = []
        self._by_number: dict[str, list[SimulatedMessage]] = defaultdict(list)
        self._unannounced: list[SimulatedMessage] = []

    def add(self, message: SimulatedMessage) -> None:
        with self.lock:
            self._messages.append(message)
            self._by_number[message.phone_number].append(message)
            self._unannounced.append(message)

    def announce(self) -> None:
        """Tell receivers what is new, with no lock held: they may ask for anything."""
        with self.lock:
            new, self._unannounced = self._unannounced, []
        for message in new:
            # What becomes of it on the phone is nothing to the vendor.
            message_accepted.send_robust(sender=Inbox, message=message)

    def messages(self) -> list[SimulatedMessage]:
        with self.lock:
            return list(self._messages)

    def sent_to(self, phone_number: str) -> list[SimulatedMessage]:
        with self.lock:
            return list(self._by_number.get(phone_number, ()))

    def clear(self) -> None:
        with self.lock:
            self._messages.clear()
            self._by_number.clear()
            self._unannounced.clear()
