"""``python -m tests.http.site.database create``, or ``destroy``."""

from __future__ import annotations

import sys

import django
from django.db import connection


def main(verb: str) -> None:
    django.setup()
    name = connection.settings_dict["NAME"]
    if verb == "create":
        connection.creation.create_test_db(0, autoclobber=True, serialize=False)
    else:
        # Not the one to be destroyed, which nobody may be connected to.
        connection.creation._destroy_test_db(name, 0)


if __name__ == "__main__":
    main(sys.argv[1])
