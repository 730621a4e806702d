"""The statements of the flow. Each write tells whether it took effect.

Transactions begin with a write, since one that reads first cannot become a writer
while another writes (SQLite), or writes on what is no longer true (MariaDB). Rows
are locked in one order everywhere: number, verification, delivery. ``SET`` takes
literals: MariaDB evaluates expressions from left to right.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from sms_verification.models import (
    APPROVAL_LIFETIME,
    Delivery,
    PhoneNumber,
    Verification,
    VerificationQuerySet,
    database,
)
from sms_verification.transactions import Lost


def find_number(phone_number: str) -> PhoneNumber:
    """Return the number's row, unsaved if it was never seen."""
    seen = PhoneNumber.objects.using(database()).filter(number=phone_number).first()
    return seen or PhoneNumber(number=phone_number)


def find(verification_id: UUID) -> Verification | None:
    """Return the verification with its number, in one statement."""
    rows = Verification.objects.using(database()).select_related("phone_number")
    return rows.filter(pk=verification_id).first()


def latest_pending(
    phone_number: str, purpose: str, now: datetime
) -> Verification | None:
    """Return the verification that a code typed for the number is most likely for."""
    rows = Verification.objects.using(database()).select_related("phone_number")
    rows = rows.filter(phone_number__number=phone_number, purpose=purpose)
    return rows.pending(now).order_by("-created_at").first()


def begin(verification: Verification, delivery: Delivery, sent_at: list[float]) -> None:
    """Commit a start: the number's limits, the verification and its first delivery."""
    using = database()
    with transaction.atomic(using=using, durable=True):
        _record_send(verification.phone_number, sent_at, verification.created_at)
        verification.save(using=using, force_insert=True)
        delivery.save(using=using, force_insert=True)


def prolong(
    verification: Verification,
    delivery: Delivery,
    sent_at: list[float],
    expires_at: datetime,
) -> None:
    """Commit a resend: the number's limits, the new expiry and the delivery."""
    using, now = database(), delivery.requested_at
    with transaction.atomic(using=using, durable=True):
        _record_send(verification.phone_number, sent_at, now)
        _change(_row(verification).pending(now), expires_at=expires_at)
        delivery.save(using=using, force_insert=True)
    verification.expires_at = expires_at


def give_back(verification: Verification, sent_at: list[float], *, close: bool) -> None:
    """Undo the number's last send, if it is still this one; close what nobody got."""
    number = verification.phone_number
    with transaction.atomic(using=database(), durable=True):
        mine = _number(number).filter(sends=number.sends)
        mine.update(sends=number.sends + 1, sent_at=sent_at)
        if close:
            _row(verification).filter(approved_at=None).update(checks_left=0)


def approve(verification: Verification, now: datetime, *, used: bool) -> None:
    """Approve a pending verification, and spend the approval in the same statement."""
    changes: dict[str, Any] = {"approved_at": now}
    if used:
        changes["used_at"] = now
    pending = _row(verification).pending(now)
    if verification.phone_number.failed_checks:
        with transaction.atomic(using=database(), durable=True):
            _number(verification.phone_number).update(
                failed_checks=0, locked_until=None
            )
            _change(pending, **changes)
    else:
        _change(pending, **changes)
    for name, value in changes.items():
        setattr(verification, name, value)


def fail(
    verification: Verification, now: datetime, locked_until: datetime | None
) -> None:
    """Count a wrong code, against the verification and against its number."""
    number, left = verification.phone_number, verification.checks_left
    changes: dict[str, Any] = {"failed_checks": number.failed_checks + 1}
    if locked_until is not None:
        changes["locked_until"] = locked_until
    with transaction.atomic(using=database(), durable=True):
        _change(_number(number).filter(failed_checks=number.failed_checks), **changes)
        pending = _row(verification).pending(now).filter(checks_left=left)
        _change(pending, checks_left=left - 1)
    verification.checks_left = left - 1


def use(verification_id: UUID, now: datetime, **conditions: Any) -> bool:
    """Spend an approval that is fresh, unspent and meets the conditions."""
    rows = Verification.objects.using(database()).filter(
        pk=verification_id,
        used_at=None,
        approved_at__gt=now - APPROVAL_LIFETIME,
        **conditions,
    )
    return rows.update(used_at=now) == 1


def _record_send(number: PhoneNumber, sent_at: list[float], now: datetime) -> None:
    """Write the number's log if its row still is as it was read."""
    changes = {"sends": number.sends + 1, "sent_at": sent_at, "active_at": now}
    unseen = number._state.adding  # noqa: SLF001  # its documented name
    if not unseen:
        _change(_number(number).filter(sends=number.sends), **changes)
    for name, value in changes.items():
        setattr(number, name, value)
    if unseen:
        number.save(using=database(), force_insert=True)


def _number(number: PhoneNumber) -> Any:
    return PhoneNumber.objects.using(database()).filter(pk=number.pk)


def _row(verification: Verification) -> VerificationQuerySet:
    return Verification.objects.using(database()).filter(pk=verification.pk)


def _change(rows: Any, **changes: Any) -> None:
    if not rows.update(**changes):
        raise Lost
