"""What the flow asks of the database: its own transactions, and a second try."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.db import DatabaseError, IntegrityError, connections, transaction

from sms_verification.exceptions import InTransaction
from sms_verification.models import database

T = TypeVar("T")

logger = logging.getLogger("sms_verification")

# Each loss means that another writer of the same row got on, and a number or a
# verification lets few of them on. More tries than that find the row closed.
ATTEMPTS = 12

# Who inserts a number or a name at the same time finds it there when reading again.
TAKEN_AT_MOST = 2

# After a lock that took longer, a person has given up. In seconds.
PATIENCE = 10

# What a caller is told to wait who met more writers than that.
CONTENTION_PAUSE = timedelta(seconds=1)


class Lost(Exception):
    """The row is no longer as it was read: read again."""


class Contended(Exception):
    """The row never held still. Nothing was written."""


def inside() -> bool:
    """Whether the caller could roll back what is written now.

    The transaction that Django's ``TestCase`` wraps around a test does not count.
    """
    connection = transaction.get_connection(database())
    if blocks := connection.atomic_blocks:
        return not blocks[-1]._from_testcase  # noqa: SLF001  # as Django's durable
    return not connection.get_autocommit()


def refuse_inside(verb: str) -> None:
    """Raise ``InTransaction`` where the caller could roll the call back.

    That would lift limits, forget an SMS that left, and give guesses back.
    """
    if inside():
        raise InTransaction(
            f"sms_verification: {verb}() was called inside a transaction, which could"
            " undo a counted check, a limit or the record of an SMS. Call it outside"
            " of atomic(), and mark views that do with"
            " @transaction.non_atomic_requests where ATOMIC_REQUESTS is on."
        )


def outside(view: Any) -> Any:
    """Keep a view out of ``ATOMIC_REQUESTS``, whichever database a router chooses."""
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


def retry(write: Callable[[], T]) -> T:
    """Run ``write`` until it neither loses a race nor meets the database's refusal.

    It opens its own ``atomic()`` and begins that with a write. A deadlock, a lock
    that took too long, a serialization failure (PostgreSQL at REPEATABLE READ) and
    a number that two inserted at once all end here. Any other fault of the database
    is raised, and so is a value that goes on being taken: then it is the host's, of a
    receiver or a constraint of its own. Raise ``Contended`` when patience ends.
    """
    give_up, taken = time.monotonic() + PATIENCE, 0
    for _attempt in range(ATTEMPTS):
        try:
            return write()
        except Lost:
            pass
        except DatabaseError as error:
            taken += isinstance(error, IntegrityError)
            if taken > TAKEN_AT_MOST or not _passes(error):
                raise _without_values(error) from None
            logger.info("Trying again after %s.", type(error).__name__)
        if time.monotonic() > give_up:
            break
    raise Contended


# What passes when it is tried again, by each driver's own name for it: a
# serialization failure, a deadlock, a lock not had in time, a unique value taken.
_PASSING = {
    *("40001", "40P01", "55P03", "23505"),  # PostgreSQL
    *(1020, 1062, 1205, 1213),  # MariaDB and MySQL
}
_PASSING_ON_SQLITE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CONSTRAINT_UNIQUE")


def _passes(error: DatabaseError) -> bool:
    cause = error.__cause__
    if getattr(cause, "sqlite_errorname", "").startswith(_PASSING_ON_SQLITE):
        return True
    code = getattr(cause, "sqlstate", None) or next(iter(error.args), None)
    return code in _PASSING


def _without_values(error: DatabaseError) -> DatabaseError:
    """The text of an ``IntegrityError`` holds the row's values."""
    if isinstance(error, IntegrityError):
        return IntegrityError("The database refused a row of sms_verification.")
    return error
