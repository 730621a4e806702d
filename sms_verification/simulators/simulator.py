"""The simulated vendors of this process, as one object."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sms_verification.simulators.aliyun import Aliyun
from sms_verification.simulators.dypns import Dypns
from sms_verification.simulators.messages import Inbox, SimulatedMessage, utc_now
from sms_verification.simulators.tencent import Tencent
from sms_verification.simulators.twilio import Twilio

__all__ = ["Simulator", "simulator"]


class Simulator:
    """All vendors over one mobile network, in memory.

    Each vendor has ``account``, ``messages``, ``posts``, ``fail()``, ``heal()`` and
    ``report()``.
    """

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.aliyun = Aliyun(self.inbox)
        self.dypns = Dypns(self.inbox)
        self.tencent = Tencent(self.inbox)
        self.twilio = Twilio(self.inbox)

    @property
    def messages(self) -> list[SimulatedMessage]:
        """What all vendors have accepted, the newest last."""
        return self.inbox.messages()

    def set_clock(self, now: Callable[[], datetime]) -> None:
        """Let the vendors go by another clock, that of ``now``, until ``reset()``."""
        self.inbox.now = now

    def reset(self) -> None:
        """Begin anew: no message, no fault, no limit used up, the first accounts."""
        with self.inbox.lock:
            self.inbox.clear()
            self.inbox.now = utc_now
            for vendor in (self.aliyun, self.dypns, self.tencent, self.twilio):
                vendor.reset()


simulator = Simulator()
