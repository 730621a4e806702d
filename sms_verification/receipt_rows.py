"""The statements for receipts: one finds a batch, and one a status stores it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connections, transaction
from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from sms_verification.models import Delivery, Outcome, database
from sms_verification.transactions import Lost
from sms_verification.types import ReceiptStatus

# Nothing left by these: no receipt can be for them. A stranger's, on one that is
# queued, would keep the worker from sending it.
_NEVER_LEFT = (Outcome.REJECTED, Outcome.WITHHELD, Outcome.QUEUED)

# What may stand in the column for a status to be written over it.
_BEFORE: dict[str, tuple[str, ...]] = {
    ReceiptStatus.SENT: ("",),
    ReceiptStatus.DELIVERED: ("", ReceiptStatus.SENT),
    ReceiptStatus.UNDELIVERED: ("", ReceiptStatus.SENT),
}


@dataclass(frozen=True, slots=True)
class Row:
    """What is on record of a delivery that a receipt may be for."""

    id: UUID
    message_id: str
    receipt: str
    requested_at: datetime
    verification_id: UUID
    verification__purpose: str
    verification__phone_number__number: str = field(repr=False)

    @property
    def key(self) -> tuple[str, str]:
        return self.message_id, self.verification__phone_number__number

    def takes(self, status: str) -> bool:
        return self.receipt in _BEFORE[status]


_COLUMNS = [column.name for column in fields(Row)]


@dataclass(frozen=True, slots=True)
class Step:
    """One delivery's way forward."""

    row: Row
    status: ReceiptStatus
    code: str
    at: datetime


@sensitive_variables()
def find_by_id(alias: str, ids: Collection[UUID]) -> list[Row]:
    return _rows(_sent_by(alias).filter(pk__in=ids))


@sensitive_variables()
def find_by_message(
    alias: str, message_ids: Collection[str], phone_numbers: Collection[str]
) -> list[Row]:
    """The number leads to the row, by indexes; a vendor's id has none."""
    rows = _sent_by(alias).filter(message_id__in=message_ids)
    return _rows(rows.filter(verification__phone_number__number__in=phone_numbers))


def advance(steps: Sequence[Step]) -> None:
    """Commit all steps, or none: raise ``Lost`` where a row has moved meanwhile.

    A delivery that may have left is known to have, by whatever the vendor says.
    """
    # In one order, so that of two batches none waits for the other's rows.
    steps = sorted(steps, key=lambda step: (step.status, step.row.id))
    using = database()
    with transaction.atomic(using=using, durable=True):
        for status, group in groupby(steps, key=lambda step: step.status):
            _write(status, list(group), using)


def _sent_by(alias: str) -> QuerySet[Delivery]:
    rows = Delivery.objects.using(database())
    return rows.filter(provider=alias).exclude(outcome__in=_NEVER_LEFT)


def _rows(rows: QuerySet[Delivery]) -> list[Row]:
    return [Row(*values) for values in rows.values_list(*_COLUMNS)]


def _write(status: ReceiptStatus, steps: list[Step], using: str) -> None:
    before = _BEFORE[status]
    with connections[using].cursor() as cursor:
        cursor.execute(
            _update(using, len(steps), len(before)),
            list(_values(status, before, steps, using)),
        )
        if cursor.rowcount != len(steps):
            raise Lost


def _update(using: str, count: int, before: int) -> str:
    """The ORM's ``bulk_update`` says the same, and takes ten times as long to say it."""
    column = {f.attname: _quoted(using, f.column) for f in _meta().concrete_fields}
    cases = f"CASE {column['id']} {'WHEN %s THEN %s ' * count}END"
    return (
        f"UPDATE {_quoted(using, _meta().db_table)}"  # noqa: S608  # names alone
        f" SET {column['receipt']} = %s, {column['outcome']} = %s,"
        f" {column['receipt_code']} = {cases}, {column['received_at']} = {cases}"
        f" WHERE {column['id']} IN ({_marks(count)})"
        f" AND {column['receipt']} IN ({_marks(before)})"
        f" AND {column['outcome']} NOT IN ({_marks(len(_NEVER_LEFT))})"
    )


def _values(
    status: ReceiptStatus, before: Sequence[str], steps: list[Step], using: str
) -> Iterator[Any]:
    def prepared(name: str, value: Any) -> Any:
        return _meta().get_field(name).get_db_prep_save(value, connections[using])

    ids = [prepared("id", step.row.id) for step in steps]
    yield from (str(status), str(Outcome.ACCEPTED))
    for key, step in zip(ids, steps, strict=True):
        yield from (key, step.code)
    for key, step in zip(ids, steps, strict=True):
        yield from (key, prepared("received_at", step.at))
    yield from ids
    yield from map(str, before)
    yield from map(str, _NEVER_LEFT)


def _meta() -> Any:
    return Delivery._meta  # noqa: SLF001  # its public name


def _quoted(using: str, name: str) -> str:
    return connections[using].ops.quote_name(name)


def _marks(count: int) -> str:
    return ", ".join(["%s"] * count)
