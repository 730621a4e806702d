"""The frozen values that travel between the layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

# The moment that the way to a provider took makes no minute less.
_SLACK = timedelta(seconds=5)


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
class Evidence:
    """What shows control of a number: a code with its verification, or a proof."""

    verification_id: UUID | None = None
    code: str = field(default="", repr=False)
    proof: str = field(default="", repr=False)

    @property
    def credentials(self) -> dict[str, Any]:
        """What ``authenticate`` takes. Django masks names that begin with ``secret``."""
        if self.proof:
            return {"secret_proof": self.proof}
        return {"verification_id": self.verification_id, "secret_code": self.code}


class Demand(StrEnum):
    """What who has proved a number has to show, or to make, before getting on."""

    NOTHING = ""
    PASSWORD = "password"  # noqa: S105  # a word, and none
    SECOND_FACTOR = "second_factor"
    # The number is nobody's.
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What an approval is good for, and what starting one demands."""

    name: str
    code_length: int
    # Is a code worth sending only to a number that has an account?
    needs_account: bool = False
    # Must somebody be signed in, and spend the approval as the same user?
    signed_in: bool = False
    # Does its code go to the number that the signed-in user has proved, and no other?
    own_number: bool = False
    # Does its SMS tell something, and carry no code?
    is_notice: bool = False
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
    # Empty in a notice, whose purpose says what there is to tell.
    code: str = field(repr=False)
    purpose: str
    # How long the code is good for from now on.
    lifetime: timedelta
    language: str
    # Ours. It travels with the SMS where the vendor has a field for it.
    delivery_id: str

    @property
    def minutes(self) -> int:
        """How long the code is good for, as an SMS says it."""
        return max(1, (self.lifetime + _SLACK) // timedelta(minutes=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """What a vendor said when it accepted an SMS."""

    message_id: str = ""
    parts: int | None = None


class ReceiptStatus(StrEnum):
    """What became of an SMS that a vendor had accepted, by the vendor's later word."""

    SENT = "sent"  # it has left the vendor, and the phone has said nothing yet
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One later word of a vendor's on one SMS."""

    status: ReceiptStatus
    # The vendor's own word for it, kept for staff.
    code: str = ""
    at: datetime | None = None
    # By which it is matched: our id, else the vendor's id with the number (E.164).
    delivery_id: str = ""
    message_id: str = ""
    phone_number: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A vendor's request that brings receipts, as it came."""

    body: bytes = field(repr=False)
    # By name in lower case.
    headers: Mapping[str, str] = field(repr=False)
    # The whole address that the vendor called, as it signed it.
    url: str = field(repr=False)


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
