from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def database() -> Iterator[None]:
    """Make a database of the benchmark's own, and drop it."""
    import psycopg
    from django.core.management import call_command
    from django.db import connection

    options = connection.settings_dict
    server = psycopg.connect(
        host=options["HOST"],
        port=options["PORT"],
        user=options["USER"],
        dbname="postgres",
        autocommit=True,
    )
    server.execute(f"DROP DATABASE IF EXISTS {options['NAME']}")
    server.execute(f"CREATE DATABASE {options['NAME']}")
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connection.close()
        server.execute(f"DROP DATABASE {options['NAME']} WITH (FORCE)")
        server.close()
