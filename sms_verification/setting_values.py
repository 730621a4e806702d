"""Reads one setting, and refuses what its author cannot have meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from sms_verification.types import Rate, TestNumber

PREFIX = "SMS_VERIFICATION_"

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
RATE = re.compile(r"([1-9]\d*)/([1-9]\d*)?([smhd])", re.ASCII)
E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)

# Past this a duration can be added to no date any more.
LONGEST = timedelta(days=36500)


def get(name: str, default: Any) -> Any:
    return getattr(settings, PREFIX + name, default)


def bad(name: str, expected: str, value: object) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{PREFIX}{name} must be {expected}, not {value!r}.")


def is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def is_duration(value: object) -> bool:
    return isinstance(value, timedelta) and timedelta(0) < value <= LONGEST


def duration(name: str, default: timedelta) -> timedelta:
    value = get(name, default)
    if not is_duration(value):
        raise bad(name, "a timedelta above zero and within a century", value)
    return value  # type: ignore[no-any-return]  # a timedelta, by the check above


def boolean(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise bad(name, "True or False", value)
    return value


def count(name: str, default: int, *, least: int = 1, most: int = 10**6) -> int:
    value = get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad(name, "a whole number", value)
    if not least <= value <= most:
        raise bad(name, f"from {least} to {most}", value)
    return value


def code_length(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 4 <= value <= 10:
        raise bad(name, "a code length from 4 to 10", value)
    return value


def strings(name: str, default: list[str]) -> list[str]:
    value = get(name, default)
    if not is_list(value) or not all(isinstance(v, str) for v in value):
        raise bad(name, "a list of strings", value)
    return list(value)


def path(name: str, default: str) -> str:
    value = get(name, default)
    if not isinstance(value, str) or "." not in value:
        raise bad(name, "the dotted path of a class", value)
    return value


def rates(name: str, value: object) -> list[Rate]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise bad(name, "made of lists of rates like '5/h'", value)
    return [rate(name, text) for text in value]


def rate(name: str, text: object) -> Rate:
    match = RATE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise bad(name, "made of rates like '5/h' or '5/10m'", text)
    count, units, unit = match.groups()
    seconds = int(units or 1) * UNITS[unit]
    if seconds > LONGEST.total_seconds():
        raise bad(name, "made of rates within a century", text)
    return Rate(int(count), timedelta(seconds=seconds))


def test_number(number: object, entry: object) -> TestNumber:
    # Neither the number nor the code is told: a check's text ends in logs.
    if not isinstance(number, str) or not E164.fullmatch(number):
        raise ImproperlyConfigured(f"{PREFIX}TEST_NUMBERS has a key that is not E.164.")
    code = entry.get("secret_code") if isinstance(entry, dict) else None
    until = entry.get("until") if isinstance(entry, dict) else None
    if not isinstance(code, str) or not re.fullmatch(r"\d{4,10}", code, re.ASCII):
        raise ImproperlyConfigured(
            f"{PREFIX}TEST_NUMBERS needs a 'secret_code' of 4 to 10 digits for each number."
        )
    if type(until) is not date:
        raise ImproperlyConfigured(
            f"{PREFIX}TEST_NUMBERS needs an 'until' date for each number."
        )
    return TestNumber(code, until)
