"""Which servers the tests need, and whether they are there."""

from __future__ import annotations

import os
import socket
from functools import cache

# Set in CI, where a test that is left out would go unseen.
REQUIRED = os.environ.get("SMS_VERIFICATION_REQUIRE_SERVICES") == "1"

PORTS = {"postgresql": 5432, "mariadb": 3306, "redis": 6379}

# The server behind ``DATABASE``, if there is one.
DATABASE = os.environ.get("DATABASE", "sqlite")
DATABASE_SERVICES = [DATABASE] if DATABASE in PORTS else []


@cache
def reachable(service: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", PORTS[service]), timeout=2).close()
    except OSError:
        return False
    return True


def absence(service: str) -> str:
    return f"{service} is not reachable at 127.0.0.1:{PORTS[service]}"
