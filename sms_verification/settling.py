"""What became of deliveries, by the vendor's later word: matched, and stored forward.

A receipt changes its delivery and nothing else. It may come twice, late, early, out of
order or from a stranger, so it only ever adds to what is known: nothing, then that it
was sent, then whether it arrived. The first word on that is the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from sms_verification import phone_numbers, receipt_rows, signals, transactions
from sms_verification.models import Delivery
from sms_verification.receipt_rows import Row, Step
from sms_verification.types import Receipt, ReceiptStatus

_NUMBER = re.compile(r"\+\d{4,15}", re.ASCII)

# As long as the column.
_LONGEST = 128

# Vendors write whole seconds.
_TRUNCATED = timedelta(seconds=1)


@sensitive_variables()
def settle(alias: str, receipts: Sequence[Receipt]) -> int:
    """Store the receipts that one provider's vendor gave; return how many were news.

    Those that fit no delivery of this provider, or tell nothing new, are passed over.
    Raise a ``DatabaseError``, or ``Contended``: then nothing was stored.
    """
    steps = transactions.retry(partial(_settle, alias, receipts))
    for step in steps:
        row = step.row
        signals.receipt_recorded.send_robust(
            Delivery,
            verification_id=row.verification_id,
            purpose=row.verification__purpose,
            phone_number=phone_numbers.mask(row.verification__phone_number__number),
            provider=alias,
            receipt=str(step.status),
            receipt_code=step.code,
        )
    return len(steps)


@sensitive_variables()
def _settle(alias: str, receipts: Sequence[Receipt]) -> list[Step]:
    told: dict[UUID, list[Receipt]] = {}
    rows: dict[UUID, Row] = {}
    for row, receipt in _matched(alias, receipts):
        rows[row.id] = row
        told.setdefault(row.id, []).append(receipt)
    now = timezone.now()
    steps = [_step(rows[key], _furthest(told[key]), now) for key in told]
    steps = [step for step in steps if step.row.takes(step.status)]
    if steps:
        receipt_rows.advance(steps)
    return steps


@sensitive_variables()
def _matched(alias: str, receipts: Sequence[Receipt]) -> Iterator[tuple[Row, Receipt]]:
    """Pair by our own id, and what is left by the vendor's id and the number."""
    ids = [_uuid(receipt.delivery_id) for receipt in receipts]
    by_id = _by_id(alias, {key for key in ids if key})
    rest = []
    for receipt, key in zip(receipts, ids, strict=True):
        if key in by_id:
            yield by_id[key], receipt
        elif _has_message(receipt):
            rest.append(receipt)
    by_message = _by_message(alias, rest)
    for receipt in rest:
        if row := by_message.get((receipt.message_id, receipt.phone_number)):
            yield row, receipt


@sensitive_variables()
def _by_id(alias: str, ids: set[UUID]) -> dict[UUID | None, Row]:
    rows = receipt_rows.find_by_id(alias, ids) if ids else []
    return {row.id: row for row in rows}


@sensitive_variables()
def _by_message(alias: str, receipts: list[Receipt]) -> dict[tuple[str, str], Row]:
    if not receipts:
        return {}
    message_ids = {receipt.message_id for receipt in receipts}
    numbers = {receipt.phone_number for receipt in receipts}
    rows = receipt_rows.find_by_message(alias, message_ids, numbers)
    return {row.key: row for row in rows}


def _uuid(delivery_id: str) -> UUID | None:
    try:
        return UUID(delivery_id)
    except ValueError:
        return None


@sensitive_variables()
def _has_message(receipt: Receipt) -> bool:
    """Whether a database can be asked for it: one refuses what is no text to it."""
    message_id = receipt.message_id
    if not message_id or not message_id.isprintable():
        return False
    return bool(_NUMBER.fullmatch(receipt.phone_number))


@sensitive_variables()
def _furthest(receipts: list[Receipt]) -> Receipt:
    """The first that says whether it arrived, or else the first."""
    final = (r for r in receipts if r.status != ReceiptStatus.SENT)
    return next(final, receipts[0])


@sensitive_variables()
def _step(row: Row, receipt: Receipt, now: datetime) -> Step:
    code = "".join(c for c in receipt.code if c.isprintable())[:_LONGEST]
    return Step(row, receipt.status, code, _moment(row, receipt.at, now))


def _moment(row: Row, at: datetime | None, now: datetime) -> datetime:
    """When the vendor says it was, if it can have been; else when it was heard of."""
    if at is None or timezone.is_naive(at):
        return now
    if not row.requested_at - _TRUNCATED < at <= now:
        return now
    return max(at, row.requested_at)
