"""Phone numbers: parsed as people type them, kept as E.164 strings."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
from django.views.decorators.debug import sensitive_variables
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from sms_verification.exceptions import InvalidPhoneNumber

__all__ = ["fold", "kind", "mask", "parse", "takes_sms"]

# One number in its usual punctuation, nothing else. libphonenumber alone reads the
# first number of "+8613800138000,+8613900139000" and "138ABC…" as a vanity number.
_AS_TYPED = re.compile(r"(?:tel:)?\(?\+?[\d .()/-]{4,40}", re.IGNORECASE)

# With its plus.
_LONGEST = 16

_SMS_TYPES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


@sensitive_variables()
def parse(text: str, region: str | None = None) -> str:
    """Return the E.164 form of the one number in ``text``.

    ``region`` (``"CN"``) is the country of numbers typed without one. Full-width
    characters, spaces, dashes, parentheses and invisible marks are tolerated.
    Raise ``InvalidPhoneNumber`` for anything that is not one existing number.
    """
    text = fold(text).replace("\t", " ").strip(" ")
    if not _AS_TYPED.fullmatch(text) or "//" in text:
        raise InvalidPhoneNumber("Not a phone number.")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise InvalidPhoneNumber("Not a phone number.") from None
    if not phonenumbers.is_valid_number(number):
        raise InvalidPhoneNumber("Not a phone number that exists.")
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    # libphonenumber knows German numbers with a digit more than E.164 has room for.
    if len(e164) > _LONGEST:
        raise InvalidPhoneNumber("Too long.")
    return e164


@sensitive_variables()
def fold(text: str) -> str:
    """Return text in one width, with one kind of dash and no invisible mark."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return re.sub(r"[\u2010-\u2015\u2212]", "-", text)


@sensitive_variables()
def kind(phone_number: str) -> str:
    """Return libphonenumber's type of an E.164 number: ``mobile``, ``toll_free``, …"""
    number_type = phonenumbers.number_type(_read(phone_number))
    return PhoneNumberType.to_string(number_type).lower()


@sensitive_variables()
def takes_sms(phone_number: str) -> bool:
    """Whether the number is of a type that a mobile phone can have.

    Premium-rate and shared-cost numbers cost the sender money, and NIST
    SP 800-63B rules out VoIP numbers for codes. Raise ``InvalidPhoneNumber`` for
    anything but E.164.
    """
    return phonenumbers.number_type(_read(phone_number)) in _SMS_TYPES


@sensitive_variables()
def mask(phone_number: str) -> str:
    """Return an E.164 number with four digits or more hidden: ``+86138****8000``."""
    if len(phone_number) < 12:
        # The shortest numbers have seven digits: less of their end is shown.
        return f"{phone_number[:3]}****{phone_number[7:][-2:]}"
    return f"{phone_number[:-8]}****{phone_number[-4:]}"


@sensitive_variables()
def _read(phone_number: str) -> phonenumbers.PhoneNumber:
    try:
        number = phonenumbers.parse(phone_number)
    except phonenumbers.NumberParseException:
        raise InvalidPhoneNumber("Not an E.164 number.") from None
    # A second spelling would be a second number to every limit.
    if phonenumbers.format_number(number, PhoneNumberFormat.E164) != phone_number:
        raise InvalidPhoneNumber("Not an E.164 number.")
    return number


def is_mainland(phone_number: str) -> bool:
    """Whether an E.164 number is of China's mainland, whose vendors part by that."""
    return phone_number.startswith("+86")
