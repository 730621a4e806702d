"""How often a vendor sends to one number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from sms_verification.simulators.messages import SimulatedMessage

_CHINA = 8 * 3600


@dataclass(frozen=True)
class Limit:
    """So many messages that are alike in a window.

    An aligned window begins with the minute, hour or day of China's clocks; any other
    slides.
    """

    count: int
    seconds: int
    # The attributes in which messages are alike. The number is always one.
    alike: tuple[str, ...]
    code: str
    text: str
    aligned: bool = False

    def counts(self, earlier: SimulatedMessage, now: datetime) -> bool:
        then, at = earlier.sent_at.timestamp(), now.timestamp()
        if self.aligned:
            return (then + _CHINA) // self.seconds == (at + _CHINA) // self.seconds
        return at - then < self.seconds

    def is_reached(
        self, message: SimulatedMessage, earlier: Iterable[SimulatedMessage]
    ) -> bool:
        kind = attrgetter("vendor", *self.alike)
        alike = [m for m in earlier if kind(m) == kind(message)]
        return sum(self.counts(m, message.sent_at) for m in alike) >= self.count


_BUSINESS = "isv.BUSINESS_LIMIT_CONTROL"
_SIGNED = ("phone_number", "sign_name")

# help.aliyun.com/document_detail/2881383, for codes to numbers of the mainland. A day
# is any 24 hours; the last is for all senders together.
ALIYUN = (
    Limit(1, 60, _SIGNED, _BUSINESS, "触发分钟级流控Permits:1", aligned=True),
    Limit(5, 3600, _SIGNED, _BUSINESS, "触发小时级流控Permits:5", aligned=True),
    Limit(10, 86400, _SIGNED, _BUSINESS, "触发天级流控Permits:10"),
    Limit(40, 86400, ("phone_number",), _BUSINESS, "触发天级流控Permits:40"),
)

_NUMBER = ("phone_number",)
_TENCENT = "LimitExceeded.PhoneNumber"

# The console's defaults. A day is one of the calendar.
TENCENT = (
    Limit(1, 30, _NUMBER, f"{_TENCENT}ThirtySecondLimit", "30 seconds limit"),
    Limit(5, 3600, _NUMBER, f"{_TENCENT}OneHourLimit", "one hour limit"),
    Limit(10, 86400, _NUMBER, f"{_TENCENT}DailyLimit", "daily limit", aligned=True),
)

# Those that www.tencentcloud.com/document/product/382/13303 tells of the
# international site: a host there, or in doubt, tests with these.
TENCENT_INTERNATIONAL = (
    Limit(
        1,
        30,
        ("phone_number", "text"),
        f"{_TENCENT}ThirtySecondLimit",
        "30 seconds limit",
    ),
    Limit(2, 86400, _NUMBER, f"{_TENCENT}DailyLimit", "daily limit", aligned=True),
)
