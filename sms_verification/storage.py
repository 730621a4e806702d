"""The statements of the flow. Each write tells whether it took effect.

Transactions begin with a write, since one that reads first cannot become a writer
while another writes (SQLite), or writes on what is no longer true (MariaDB). Rows
that others may hold are locked in one order everywhere: verification, number,
delivery. ``SET`` takes literals: MariaDB evaluates expressions from left to right.

A check's first write is the same whether its code is right or wrong: its own row, as
it was read. Were either kind to wait for something that the other does not, then of
many parallel guesses the right one would overtake the wrong ones, and more than
``MAX_CHECKS`` would have been compared. The condition names columns of that row only:
with one across the foreign key, PostgreSQL re-reads the other table as it was, and
two parallel checks can both approve.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.views.decorators.debug import sensitive_variables

from sms_verification import sql
from sms_verification.models import (
    APPROVAL_LIFETIME,
    Delivery,
    Outcome,
    PhoneNumber,
    Verification,
    database,
)
from sms_verification.transactions import Lost

# Until when so many failures in a row lock a number, if they do.
Lockout = Callable[[int, datetime], datetime | None]


@sensitive_variables()
def find_number(phone_number: str) -> PhoneNumber:
    """Return the number's row, unsaved if it was never seen."""
    seen = sql.select(PhoneNumber, {"number": phone_number}, database())
    return seen or PhoneNumber(number=phone_number)


def find(verification_id: UUID) -> Verification | None:
    """Return the verification with its number, in one statement."""
    return sql.select(
        Verification, {"id": verification_id}, database(), related="phone_number"
    )


@sensitive_variables()
def latest_pending(
    phone_number: str, purpose: str, now: datetime
) -> Verification | None:
    """Return the verification that a code typed for the number is most likely for."""
    rows = Verification.objects.using(database()).select_related("phone_number")
    rows = rows.filter(phone_number__number=phone_number, purpose=purpose)
    rows = rows.filter(**_pending(now))
    return rows.order_by("-created_at").first()


def begin(verification: Verification, delivery: Delivery, sent_at: list[float]) -> None:
    """Commit a start: the number's limits, the verification and its first delivery."""
    using, number = database(), verification.phone_number
    with transaction.atomic(using=using, durable=True):
        _record_send(number, sent_at, verification.created_at)
        verification.phone_number = number  # again, now that it has a key
        sql.insert(verification, using)
        sql.insert(delivery, using)


def prolong(
    verification: Verification,
    delivery: Delivery,
    sent_at: list[float],
    expires_at: datetime,
) -> None:
    """Commit a resend: the new expiry, the number's limits and the delivery."""
    using, now = database(), delivery.requested_at
    with transaction.atomic(using=using, durable=True):
        _change(verification, {"expires_at": expires_at}, _pending(now))
        _record_send(verification.phone_number, sent_at, now)
        sql.insert(delivery, using)


def add_delivery(delivery: Delivery) -> None:
    """Commit a further delivery of a send, before its network."""
    sql.insert(delivery, database())


def find_queued(delivery_id: UUID) -> Delivery | None:
    """Return the delivery with its verification and number, if none has claimed it."""
    using, where = database(), {"id": delivery_id, "outcome": str(Outcome.QUEUED)}
    found = sql.select(Delivery, where, using, related="verification")
    if found:
        numbers = PhoneNumber.objects.using(using)
        verification = found.verification
        verification.phone_number = numbers.get(pk=verification.phone_number_id)
    return found


def claim(delivery: Delivery, now: datetime) -> bool:
    """Take a queued delivery, as one that may leave from now on. Only one can."""
    return _leave_queue(
        delivery, {"outcome": str(Outcome.UNKNOWN), "requested_at": now}
    )


def abandon(delivery: Delivery, answer: dict[str, Any]) -> bool:
    """Commit that a queued delivery comes to nothing, unless a worker has it."""
    return _leave_queue(delivery, answer)


def postpone(number: PhoneNumber, now: datetime) -> None:
    """Count the number's last send from now on, since only now it leaves."""
    _record_send(number, [*number.sent_at[:-1], now.timestamp()], now)


def record(delivery: Delivery, answer: dict[str, Any]) -> None:
    """Commit what came of a delivery.

    An early receipt may have settled it: that nothing is known undoes no knowledge.
    """
    if answer["outcome"] == Outcome.UNKNOWN:
        # As the row says by itself.
        answer = {name: answer[name] for name in answer if name != "outcome"}
    _change(delivery, answer, {})


def give_back(verification: Verification, sent_at: list[float], *, close: bool) -> None:
    """Undo the number's last send, if it is still this one; close what nobody got."""
    number, using = verification.phone_number, database()
    undone = {"sends": number.sends + 1, "sent_at": sent_at}
    mine = {"id": number.pk, "sends": number.sends}
    pending = {"id": verification.pk, "approved_at": None}
    with transaction.atomic(using=using, durable=True):
        if close:
            sql.update(Verification, {"checks_left": 0}, pending, using)
        sql.update(PhoneNumber, undone, mine, using)


def approve(verification: Verification, now: datetime, *, used: bool) -> None:
    """Approve a pending verification, and spend the approval in the same statement."""
    number = verification.phone_number
    changes = {"approved_at": now, **({"used_at": now} if used else {})}
    if not number.failed_checks:
        _change(verification, changes, _as_read(verification, now))
        return
    with transaction.atomic(using=database(), durable=True):
        _change(verification, changes, _as_read(verification, now))
        _change(number, {"failed_checks": 0, "locked_until": None}, {})


def fail(verification: Verification, now: datetime, lockout: Lockout) -> None:
    """Count a wrong code, against the verification and against its number."""
    with transaction.atomic(using=database(), durable=True):
        count(verification, now)
        while not _count_failure(verification.phone_number, now, lockout):
            # Another verification of the number was checked meanwhile.
            verification.phone_number.refresh_from_db(using=database())


def count(verification: Verification, now: datetime) -> None:
    """Count a wrong code against the verification alone."""
    failed_at = [*verification.failed_at, now.timestamp()]
    changes = {"checks_left": verification.checks_left - 1, "failed_at": failed_at}
    _change(verification, changes, _as_read(verification, now))


def spend_check(verification_id: UUID) -> bool:
    """Take one check of an approval that is not spent; return whether it had one."""
    rows = Verification.objects.using(database())
    mine = rows.filter(pk=verification_id, used_at=None, checks_left__gt=0)
    return bool(mine.update(checks_left=F("checks_left") - 1))


def use(verification_id: UUID, now: datetime, **conditions: Any) -> bool:
    """Spend an approval that is fresh, unspent and meets the conditions."""
    fresh = {"used_at": None, "approved_at__gt": now - APPROVAL_LIFETIME}
    where = {"id": verification_id, **fresh, **conditions}
    return sql.update(Verification, {"used_at": now}, where, database())


def _pending(now: datetime) -> dict[str, Any]:
    """What a verification must be for a right code to approve it."""
    return {"approved_at": None, "checks_left__gt": 0, "expires_at__gt": now}


def _as_read(verification: Verification, now: datetime) -> dict[str, Any]:
    """What it still must be for a code that was compared to count, right or wrong."""
    left = verification.checks_left
    return {"approved_at": None, "checks_left": left, "expires_at__gt": now}


def _count_failure(number: PhoneNumber, now: datetime, lockout: Lockout) -> bool:
    failures = number.failed_checks + 1
    changes: dict[str, Any] = {"failed_checks": failures}
    if until := lockout(failures, now):
        changes["locked_until"] = until
    where = {"id": number.pk, "failed_checks": number.failed_checks}
    counted = sql.update(PhoneNumber, changes, where, database())
    if counted:
        number.failed_checks = failures
        number.locked_until = until or number.locked_until
    return counted


def _leave_queue(delivery: Delivery, changes: dict[str, Any]) -> bool:
    where = {"id": delivery.pk, "outcome": str(Outcome.QUEUED)}
    left = sql.update(Delivery, changes, where, database())
    if left:
        for name, value in changes.items():
            setattr(delivery, name, value)
    return left


def _record_send(number: PhoneNumber, sent_at: list[float], now: datetime) -> None:
    """Write the number's log, if its row still is as it was read."""
    changes = {"sends": number.sends + 1, "sent_at": sent_at, "active_at": now}
    if number._state.adding:  # noqa: SLF001  # its documented name
        for name, value in changes.items():
            setattr(number, name, value)
        number.save(using=database(), force_insert=True)
    else:
        _change(number, changes, {"sends": number.sends})


def _change(
    row: PhoneNumber | Verification | Delivery,
    changes: dict[str, Any],
    as_read: dict[str, Any],
) -> None:
    """Change the row, here and there, if it still is as it was read."""
    where = {"id": row.pk, **as_read}
    if not sql.update(type(row), changes, where, database()):
        raise Lost
    for name, value in changes.items():
        setattr(row, name, value)
