"""The forms of a phone number that each vendor takes, and E.164."""

from __future__ import annotations

import re

import phonenumbers

_ALIYUN_MAINLAND = re.compile(r"(?:\+86|0086|86|\+)?(1[3-9]\d{9})", re.ASCII)
_TENCENT_MAINLAND = re.compile(r"(?:\+86|0086|86)?(1[3-9]\d{9})", re.ASCII)
_ABROAD = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


def is_mainland(number: str) -> bool:
    return number.startswith("+86")


def aliyun(text: str) -> str | None:
    """Return in E.164 a number of the mainland, or one abroad without a plus."""
    if match := _ALIYUN_MAINLAND.fullmatch(text):
        return f"+86{match[1]}"
    return _abroad(f"+{text}")


def tencent(text: str) -> str | None:
    """Return in E.164 a number of the mainland, or one abroad with a plus."""
    if match := _TENCENT_MAINLAND.fullmatch(text):
        return f"+86{match[1]}"
    return _abroad(text)


def e164(text: str) -> str | None:
    """Return the number if it is in E.164 already."""
    match = re.fullmatch(r"\+86(1[3-9]\d{9})", text, re.ASCII)
    return text if match else _abroad(text)


def _abroad(text: str) -> str | None:
    if text.startswith("+86") or not _ABROAD.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    return text if phonenumbers.is_possible_number(number) else None
