"""The only flow: start, resend, check, use.

``start``, ``resend`` and ``check`` raise ``InTransaction`` inside a transaction of
the caller's. Phone numbers are E.164 strings.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from django.dispatch import Signal
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from sms_verification import (
    codes,
    guards,
    limits,
    messages,
    phone_numbers,
    refusals,
    sending,
    signals,
    storage,
    transactions,
)
from sms_verification.accounts import get_accounts
from sms_verification.approvals import peek, use
from sms_verification.conf import settings
from sms_verification.exceptions import (
    InvalidPhoneNumber,
    LockedOut,
    NoPhoneNumber,
    NotFound,
    SignInRequired,
    UnknownPurpose,
    UnsupportedPhoneNumber,
)
from sms_verification.models import Verification
from sms_verification.types import Client, Purpose

__all__ = [
    "Attempt",
    "attempt",
    "check",
    "peek",
    "resend",
    "start",
    "status",
    "use",
]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one check came to. ``checks_left`` is 0 when no further one can succeed."""

    approved: Verification | None
    checks_left: int
    # Of the verification, where there is one.
    purpose: str = field(default="", compare=False)


@sensitive_variables()
def start(
    phone_number: str | None, purpose: str, client: Client | None = None
) -> Verification:
    """Send a code to the number, and return the verification that waits for it.

    For a signed-in purpose of the host's own it goes to the number that the user has
    proved, whatever number is given.

    Without a client no limit of a client's applies: the caller asks for itself. A
    client that holds a pending verification of the same number and purpose gets
    that one back and no SMS. Raise ``UnknownPurpose``, ``SignInRequired``,
    ``NoPhoneNumber``, ``InvalidPhoneNumber``, ``UnsupportedPhoneNumber``,
    ``SendLimited``, ``LockedOut`` or ``DeliveryFailed``.
    """
    transactions.refuse_inside("start")
    rules = settings.purpose(purpose)
    phone_number = _recipient(phone_number, rules, client)
    if resumed := _resumable(phone_number, rules, client):
        return resumed
    if not phone_numbers.takes_sms(phone_number):
        raise UnsupportedPhoneNumber("No code can be sent to this number.")
    guards.review(phone_number, rules, client)
    begun = sending.start(phone_number, rules, client)
    _announce(signals.verification_started, begun.verification)
    return sending.deliver(begun)


@sensitive_variables()
def resend(verification_id: UUID, client: Client | None = None) -> Verification:
    """Send the same code again, by the next provider of the route.

    Raise ``NotFound``, ``NotPending``, ``SendLimited``, ``LockedOut`` or
    ``DeliveryFailed``.
    """
    transactions.refuse_inside("resend")
    return sending.deliver(sending.resend(verification_id, client))


@sensitive_variables()
def status(verification_id: UUID) -> Verification:
    """Return the verification with its number. Raise ``NotFound``."""
    verification = storage.find(verification_id)
    if verification is None:
        raise NotFound("There is no such verification.")
    return verification


@sensitive_variables()
def check(
    verification_id: UUID,
    code: str,
    client: Client | None = None,
    *,
    purpose: str | None = None,
    use: bool = False,
) -> Verification | None:
    """Compare a code. Return the approved verification, or ``None``.

    ``None`` is every failure: wrong, expired, used up, unknown, or of another
    purpose than the one given. ``use`` spends the approval in the same statement.
    Without a client no limit of a client's applies. Raise ``LockedOut``.
    """
    return attempt(verification_id, code, client, purpose=purpose, use=use).approved


@sensitive_variables()
def attempt(
    verification_id: UUID,
    code: str,
    client: Client | None = None,
    *,
    purpose: str | None = None,
    use: bool = False,
) -> Attempt:
    """Do what ``check`` does, and tell how many checks are left."""
    transactions.refuse_inside("check")
    limits.charge("check", client)
    compare = partial(_compare, verification_id, code, purpose=purpose, use=use)
    try:
        return transactions.retry(compare)
    except transactions.Contended:
        # Right or wrong: were only the wrong ones refused here, uncounted, this
        # answer would tell which they are.
        _count_unheard(verification_id)
        raise LockedOut(transactions.CONTENTION_PAUSE) from None


@sensitive_variables()
def _recipient(
    phone_number: str | None, purpose: Purpose, client: Client | None
) -> str:
    if purpose.is_notice:
        raise UnknownPurpose("Not a purpose of this site.")
    user_pk = client.user_pk if client else None
    if purpose.signed_in and user_pk is None:
        raise SignInRequired("Sign in first.")
    if purpose.own_number:
        number = get_accounts().number_of(user_pk)
        if number is None:
            raise NoPhoneNumber("The user has proved no number.")
        return number.number
    if phone_number is None:
        raise InvalidPhoneNumber("Without a number nothing can be sent.")
    return phone_number


@sensitive_variables()
def _resumable(
    phone_number: str, purpose: Purpose, client: Client | None
) -> Verification | None:
    """Return what the client holds, so that a reload or a second tab loses nothing."""
    if client is None or client.verification_id is None:
        return None
    held = storage.find(client.verification_id)
    if held is None or not held.is_pending(timezone.now()):
        return None
    same = (held.phone_number.number, held.purpose) == (phone_number, purpose.name)
    theirs = not purpose.signed_in or held.user_id == client.user_pk
    return held if same and theirs else None


@sensitive_variables()
def _compare(
    verification_id: UUID, code: str, *, purpose: str | None, use: bool
) -> Attempt:
    now = timezone.now()
    row = storage.find(verification_id)
    if row is None or purpose not in {None, row.purpose}:
        return Attempt(None, 0)
    with refusals.noted("check", row.phone_number.number, row.purpose):
        limits.refuse_check(row.phone_number, now)
    if not row.is_pending(now):
        return Attempt(None, 0, row.purpose)
    if not codes.could_be(code, row.code_length):
        return Attempt(None, row.checks_left, row.purpose)
    if codes.matches(messages.code_of(row), code):
        storage.approve(row, now, used=use)
        _announce(signals.verification_approved, row)
        return Attempt(row, 0, row.purpose)
    storage.fail(row, now, limits.lockout)
    _announce(signals.check_failed, row, checks_left=row.checks_left)
    locked_until = row.phone_number.locked_until
    return Attempt(None, 0 if locked_until else row.checks_left, row.purpose)


def _count_unheard(verification_id: UUID) -> None:
    row, now = storage.find(verification_id), timezone.now()
    if row is not None and row.is_pending(now):
        with suppress(transactions.Lost, DatabaseError):
            storage.count(row, now)
            _announce(signals.check_failed, row, checks_left=row.checks_left)


def _announce(signal: Signal, verification: Verification, **more: Any) -> None:
    signal.send_robust(
        Verification,
        verification_id=verification.pk,
        purpose=verification.purpose,
        phone_number=verification.phone_number.masked,
        **more,
    )
