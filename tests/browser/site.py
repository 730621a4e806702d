"""The example site in a process of its own, with its history and its SMS."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.newcomer import CHECKOUT, Host, Server


@dataclass(frozen=True)
class Site:
    """Where it runs, how staff sign in, and what it has sent."""

    url: str
    staff_password: str
    sms_file: Path
    server: Server

    def sms_to(self, number: str) -> list[dict[str, Any]]:
        if not self.sms_file.exists():
            return []
        sent = map(json.loads, self.sms_file.read_text("utf-8").splitlines())
        return [sms for sms in sent if sms["phone_number"] == number]

    def code_for(self, number: str) -> str:
        """Return what the last SMS to the number says."""
        code: str = self.sms_to(number)[-1]["code"]
        return code


@contextmanager
def serve(directory: Path) -> Iterator[Site]:
    """Make the site's database as the demo does, and run its server."""
    database = directory / "db.sqlite3"
    host = Host(
        CHECKOUT / "example_project",
        sys.executable,
        PYTHONPATH=str(CHECKOUT),
        EXAMPLE_DATABASE=str(database),
    )
    told = host.run(host.python, "manage.py", "prepare_demo", "http://127.0.0.1/")
    password = re.search(r"User admin, password (\S+)", told)
    assert password, told
    host.env["DJANGO_SETTINGS_MODULE"] = "tests.browser.settings"
    with Server(host) as server:
        sms_file = database.with_name("sms.jsonl")
        yield Site(server.url, password[1], sms_file, server)
