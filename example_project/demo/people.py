"""Whose phones they are: numbers and addresses that are kept for examples."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address

from django.utils import timezone
from factory.random import randgen

DAYS = 28

# Of an hour of the day: hardly anybody at four, most after lunch and in the evening.
RHYTHM = [4, 2, 1, 1, 1, 1, 3, 8, 14, 20, 22, 18, 17, 20, 21, 18, 16, 15, 16, 20, 24]
RHYTHM += [22, 15, 8]
WEEKEND = 0.6

# 138 0013 is what examples in China use; the others are kept free for fiction.
# 138 0013 8000 itself is left to who tries the demo.
CHINA = [f"+861380013{n:04d}" for n in range(0, 8000, 48)]
ABROAD = [
    *(f"+1202555{n:04d}" for n in range(100, 116)),
    *(f"+4670174{n:04d}" for n in range(605, 613)),
    *(f"+49171392{n:04d}" for n in range(8)),
    *("+61491570156", "+61491570157", "+61491570158", "+61491570159"),
]

BROWSERS = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; 24031PN0DC) AppleWebKit/537.36 (KHTML, like"
    " Gecko) Chrome/137.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; ALN-AL00) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/131.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/137.0.0.0 Safari/537.36 Edg/137.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML,"
    " like Gecko) Version/18.5 Safari/605.1.15",
    "ExampleApp/4.2 (iOS 18.5)",
    "ExampleApp/4.2 (Android 15)",
]


@dataclass(frozen=True, slots=True)
class Person:
    """What stays the same from visit to visit."""

    address: str
    user_agent: str
    language: str


def person(number: str) -> Person:
    chinese = number.startswith("+86")
    return Person(_address(), randgen.choice(BROWSERS), "zh-hans" if chinese else "en")


def visiting_hours(now: datetime) -> list[datetime]:
    """Return when somebody came, some of it after now: draw as much whatever it is."""
    times = [_moment(now) for _ in range(1 + min(30, int(randgen.expovariate(1 / 7))))]
    return sorted(times)


def _moment(now: datetime) -> datetime:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0)
    day = midnight - timedelta(days=randgen.randrange(DAYS))
    if day.weekday() >= 5 and randgen.random() > WEEKEND:
        day -= timedelta(days=2)
    hour = randgen.choices(range(24), RHYTHM)[0]
    seconds = randgen.uniform(0, 3600)
    return day.replace(microsecond=0) + timedelta(hours=hour, seconds=seconds)


def _address() -> str:
    """One that is kept for documentation (RFC 5737, RFC 3849)."""
    if randgen.random() < 0.2:
        return str(IPv6Address((0x20010DB8 << 96) + randgen.getrandbits(64)))
    network = randgen.choice(["192.0.2", "198.51.100", "203.0.113"])
    return f"{network}.{randgen.randrange(1, 255)}"
