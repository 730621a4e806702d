"""The database at hand, in the ways that hosts configure it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, connections


@dataclass(frozen=True)
class Variant:
    """One configuration, and how often a race is run on it."""

    name: str
    # Whether a database's own refusal (SQLSTATE 40001 and its like) is to be expected.
    refuses: bool = False
    repetitions: int = 20
    options: dict[str, Any] = field(default_factory=dict)


# What MariaDB does by default from 11.6 on: a write on a stale snapshot is refused.
_STRICT_SNAPSHOTS = {
    "isolation_level": "repeatable read",
    "init_command": "SET SESSION innodb_snapshot_isolation = ON",
}
_SERIALIZABLE = {"options": "-c default_transaction_isolation=serializable"}

_VARIANTS = {
    "sqlite": [
        Variant("rollback journal"),
        Variant("wal", options={"init_command": "PRAGMA journal_mode = WAL"}),
    ],
    # Django's option (psycopg's ``IsolationLevel``) rules in atomic() alone, the
    # server's own default also outside of it.
    "postgresql": [
        Variant("read committed"),
        Variant("repeatable read", True, 10, {"isolation_level": 3}),
        Variant("serializable", True, 5, {"isolation_level": 4}),
        Variant("serializable by default", True, 5, _SERIALIZABLE),
    ],
    "mysql": [
        Variant("read committed"),
        Variant("repeatable read", True, 5, {"isolation_level": "repeatable read"}),
        Variant("strict snapshots", True, 5, _STRICT_SNAPSHOTS),
        Variant("serializable", True, 5, {"isolation_level": "serializable"}),
    ],
}
VARIANTS = _VARIANTS[connection.vendor]


@contextmanager
def connected(**changes: Any) -> Iterator[None]:
    """Give every connection that is opened from here on other settings."""
    ours, before = connections["default"], connections.settings["default"]
    connections.settings["default"] = {**before, **changes}
    del connections["default"]
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"] = before
        connections["default"] = ours


@contextmanager
def configured(directory: Path, options: dict[str, Any]) -> Iterator[None]:
    """Use the test database with other options.

    SQLite's is in memory, where threads share one cache and a lock of whole tables
    that no host meets: there it is copied to a file.
    """
    changes: dict[str, Any] = {"OPTIONS": {**connection.settings_dict["OPTIONS"]}}
    changes["OPTIONS"].update(options)
    if connection.vendor == "sqlite":
        changes["NAME"] = str(directory / "db.sqlite3")
        connection.ensure_connection()
        with closing(sqlite3.connect(changes["NAME"])) as target:
            connection.connection.backup(target)
    with connected(**changes):
        # One connection first: WAL is switched on once, and by nobody else meanwhile.
        connection.ensure_connection()
        yield
