"""Numbers that a host's users have already, and what is to become of each."""

from __future__ import annotations

import secrets
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import partial
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from sms_verification import phone_numbers, storage, transactions
from sms_verification.accounts import Accounts, get_accounts, users
from sms_verification.exceptions import InvalidPhoneNumber, PhoneNumberTaken
from sms_verification.models import PhoneNumber, database


class Finding(TextChoices):
    FREE = "free", _("To be linked")
    DONE = "done", _("Linked")
    LINKED = "linked", _("Linked already")
    REPEATED = "repeated", _("Conflict, two users have the number")
    TAKEN = "taken", _("Conflict, the number is linked to another user")
    ANOTHER = "another", _("Conflict, the user is linked to another number")
    REFUSED = "refused", _("Conflict, the number or the user was linked meanwhile")
    CHANGED = "changed", _("Changed meanwhile, run again")
    UNREADABLE = "unreadable", _("Not a phone number")
    UNVERIFIED = "unverified", _("Not verified")


CONFLICTS = {Finding.REPEATED, Finding.TAKEN, Finding.ANOTHER, Finding.REFUSED}


@dataclass(frozen=True)
class Entry:
    """What the host's tables say of one user."""

    user_pk: Any
    stored: str = field(repr=False)
    number: str | None = field(repr=False)
    verified: bool
    # When it was, as far as the host's tables say.
    verified_at: datetime | None


@dataclass(frozen=True)
class Source:
    """Where the host keeps its users' numbers, and whether they were verified."""

    field: str
    verified: str
    region: str | None
    batch_size: int = 1000

    def batches(self) -> Iterator[list[Entry]]:
        """By key, and not by one long cursor: MySQL's driver would hold all rows."""
        rows = self._rows()
        while batch := list(rows[: self.batch_size]):
            yield [self._read(row) for row in batch if str(row[1]).strip()]
            rows = self._rows().filter(pk__gt=batch[-1][0])

    def again(self, entry: Entry) -> Entry | None:
        """Return what the host's tables say of the user now."""
        row = self._rows().filter(pk=entry.user_pk).first()
        return self._read(row) if row else None

    def _rows(self) -> QuerySet[Any, Any]:
        rows = users().filter(**{f"{self.field}__isnull": False})
        return rows.order_by("pk").values_list("pk", self.field, self.verified)

    @sensitive_variables()
    def _read(self, row: tuple[Any, Any, Any]) -> Entry:
        user_pk, stored, verified = row
        try:
            number = phone_numbers.parse(str(stored), self.region)
        except InvalidPhoneNumber:
            number = None
        return Entry(user_pk, str(stored), number, bool(verified), _moment(verified))


def _moment(verified: bool | date | None) -> datetime | None:
    if isinstance(verified, datetime):
        return verified
    if isinstance(verified, date):
        return timezone.make_aware(datetime.combine(verified, time.min))
    return None


class Repeated:
    """Which numbers two users have. It keeps eight bytes of each, under a random key.

    Two numbers that are one in these bytes by chance are linked to nobody.
    """

    def __init__(self, source: Source) -> None:
        self._key = secrets.token_bytes(16)
        # In parts, since a part that is sorted takes several times its room.
        parts = [array("Q") for _part in range(256)]
        for batch in source.batches():
            for entry in batch:
                if entry.verified and entry.number:
                    digest = self._digest(entry.number)
                    parts[digest % 256].append(digest)
        self._digests = {d for part in parts for d in _twice(sorted(part))}

    def __contains__(self, number: str) -> bool:
        return self._digest(number) in self._digests

    def _digest(self, number: str) -> int:
        digest = blake2b(number.encode(), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest)


def _twice(digests: list[int]) -> Iterator[int]:
    return (one for one, following in pairwise(digests) if one == following)


def examine(batch: list[Entry], repeated: Repeated) -> Iterator[tuple[Entry, Finding]]:
    """Return what each entry is found to be.

    By two statements for all of them, and one more for each number that has a row.
    """
    rows = PhoneNumber.objects.using(database())
    by_number = {
        row.number: row for row in rows.filter(number__in=[e.number for e in batch])
    }
    linked = set(
        rows.filter(user__in=[e.user_pk for e in batch]).values_list("user", flat=True)
    )
    for entry in batch:
        yield entry, _examine(entry, repeated, by_number, linked)


@sensitive_variables()
def _examine(
    entry: Entry,
    repeated: Repeated,
    by_number: dict[str, PhoneNumber],
    linked: set[Any],
) -> Finding:
    if not entry.verified:
        return Finding.UNVERIFIED
    if entry.number is None:
        return Finding.UNREADABLE
    row = by_number.get(entry.number) or PhoneNumber(number=entry.number)
    found = _owned(row, entry, get_accounts())
    if found is Finding.FREE and entry.number in repeated:
        return Finding.REPEATED
    if found is Finding.FREE and entry.user_pk in linked:
        return Finding.ANOTHER
    return found


def _owned(row: PhoneNumber, entry: Entry, accounts: Accounts) -> Finding:
    owner = accounts.find(row)
    if owner is None:
        return Finding.FREE
    return Finding.LINKED if owner.pk == entry.user_pk else Finding.TAKEN


@sensitive_variables()
def link(source: Source, entry: Entry) -> Finding:
    """Link the number that was found to be free, in a transaction of its own."""
    try:
        return transactions.retry(partial(_link, source, entry))
    except PhoneNumberTaken:
        return Finding.REFUSED
    except transactions.Contended:
        return Finding.CHANGED


@sensitive_variables()
def _link(source: Source, entry: Entry) -> Finding:
    # The site is in use: since the batch was read, the user may have another number.
    if source.again(entry) != entry:
        return Finding.CHANGED
    user = users().get(pk=entry.user_pk)
    number = storage.find_number(str(entry.number))
    with transaction.atomic(using=database(), durable=True):
        if number._state.adding:  # noqa: SLF001  # its documented name
            number.save(using=database(), force_insert=True)
        get_accounts().link(number, user)
        # Not today: an account that lies idle would pass for one that is in use.
        linked = PhoneNumber.objects.using(database()).filter(pk=number.pk, user=user)
        at = entry.verified_at or user.last_login
        # Nor ahead: until then each proof would be older than the link.
        linked.update(verified_at=at and min(at, timezone.now()))
    return Finding.DONE
