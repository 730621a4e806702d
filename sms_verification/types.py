"""The frozen values that travel between the layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who asks: where from, with what, signed in as whom."""

    address: str | None = None
    user_agent: str = ""
    user_pk: Any = None
    language: str = ""
    # The verification that this client's session began for the same purpose.
    verification_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What an approval is good for, and what starting one demands."""

    name: str
    code_length: int
    # Is a code worth sending only to a number that has an account?
    needs_account: bool = False
    # Must somebody be signed in, and spend the approval as the same user?
    signed_in: bool = False
    # May a number of ``SMS_VERIFICATION_TEST_NUMBERS`` be used for it?
    test_numbers: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in a window, written ``5/h`` or ``5/10m``."""

    count: int
    period: timedelta

    def __str__(self) -> str:
        return f"{self.count}/{int(self.period.total_seconds())}s"


@dataclass(frozen=True, slots=True)
class TestNumber:
    """A number that gets no SMS and answers to a code known beforehand."""

    __test__ = False  # or pytest takes it for a test of the host's

    code: str = field(repr=False)
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsMessage:
    """One SMS, as a provider gets it."""

    phone_number: str = field(repr=False)
    code: str = field(repr=False)
    purpose: str
    # How long the code is good for from now on.
    lifetime: timedelta
    language: str
    # Ours. It travels with the SMS where the vendor has a field for it.
    delivery_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """What a vendor said when it accepted an SMS."""

    message_id: str = ""
    parts: int | None = None


class Reason(StrEnum):
    """Why a vendor did not accept an SMS, in one vocabulary for all of them."""

    INVALID_NUMBER = "invalid_number"
    RATE_LIMITED = "rate_limited"
    OPTED_OUT = "opted_out"
    UNSUPPORTED_DESTINATION = "unsupported_destination"
    CONFIGURATION = "configuration"
    CREDENTIALS = "credentials"
    BALANCE = "balance"
    CONTENT = "content"
    UNAVAILABLE = "unavailable"

    @property
    def protects_the_person(self) -> bool:
        """Whether asking another vendor would only go round the refusal."""
        return self in {Reason.INVALID_NUMBER, Reason.RATE_LIMITED, Reason.OPTED_OUT}
