"""A site behind gunicorn, in processes of its own."""

from __future__ import annotations

import http.client
import json
import os
import re
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.race import services

ROOT = Path(__file__).parents[2]

SETTINGS = "tests.race.site.settings"

# A number of its own, apart from what else uses the Redis at hand.
REDIS_URL = f"redis://127.0.0.1:{services.PORTS['redis']}/11"

# A request that hangs is a failure. Longer than SQLite waits for a lock.
PATIENCE = 90

# Any will do, since a site compares the cookie's with the header's.
CSRF = {"Cookie": f"csrftoken={'a' * 32}", "X-CSRFToken": "a" * 32}


@dataclass(frozen=True)
class Answer:
    status: int
    data: dict[str, Any]

    @property
    def code(self) -> str | None:
        return self.data.get("code")


@dataclass(frozen=True)
class Site:
    port: int
    directory: Path

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, session: str = ""
    ) -> Answer:
        """Send JSON, as who is signed in with the session, if one is given."""
        return self._ask("POST", path, data or {}, session)

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None)

    @property
    def sms_file(self) -> Path:
        return self.directory / "sms.jsonl"

    def sms_to(self, number: str) -> list[dict[str, Any]]:
        """Return what every process together sent to the number."""
        sent = map(json.loads, self.sms_file.read_text().splitlines())
        return [sms for sms in sent if sms["phone_number"] == number]

    def stuck_process(self) -> int:
        """Wait for a process to be where it stays, and return its id."""
        pipe = os.open(self.directory / "stuck", os.O_RDONLY | os.O_NONBLOCK)
        try:
            ready, _, _ = select.select([pipe], [], [], PATIENCE)
            assert ready, "No process came to the place where it is to be killed."
            return int(os.read(pipe, 16))
        finally:
            os.close(pipe)

    @property
    def workers(self) -> set[str]:
        """Return the processes that have answered."""
        return set(re.findall(r"^worker <(\d+)>$", self.log, re.MULTILINE))

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text()

    def _ask(
        self, method: str, path: str, data: dict[str, Any] | None, session: str = ""
    ) -> Answer:
        body = None if data is None else json.dumps(data)
        headers = {"Content-Type": "application/json", **CSRF}
        if session:
            headers["Cookie"] += f"; sessionid={session}"
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            asked.request(method, f"/sms/{path}", body, headers)
            response = asked.getresponse()
            text = response.read()
        finally:
            asked.close()
        assert response.status < 500, (response.status, self.log[-5000:])
        return Answer(response.status, json.loads(text))


@contextmanager
def serve(
    directory: Path,
    database_name: str,
    *,
    settings: str = SETTINGS,
    workers: int = 3,
    **environment: str,
) -> Iterator[Site]:
    """Run processes of four threads each, on a free port of the loopback."""
    os.mkfifo(directory / "stuck")
    with socket.socket() as listener, (directory / "log").open("ab") as log:
        listener.bind(("127.0.0.1", 0))
        # It listens already here, so no one has to wait until gunicorn is up.
        listener.listen(512)
        port = listener.getsockname()[1]
        process = subprocess.Popen(
            [*_gunicorn(directory, workers), f"--bind=fd://{listener.fileno()}"],
            cwd=ROOT,
            env={
                **os.environ,
                **environment_of(directory, database_name),
                "DJANGO_SETTINGS_MODULE": settings,
                **environment,
            },
            pass_fds=[listener.fileno()],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Site(port, directory)
    finally:
        _stop(process)


def _gunicorn(directory: Path, workers: int) -> list[str]:
    options = {
        "workers": workers,
        "threads": 4,
        "preload": None,
        "timeout": PATIENCE,
        "graceful-timeout": 1,
        "worker-tmp-dir": directory,
        "no-control-socket": None,
        "access-logfile": "-",
        "access-logformat": "worker %(p)s",
    }
    texts = [f"--{k}" if v is None else f"--{k}={v}" for k, v in options.items()]
    return [sys.executable, "-m", "gunicorn", "tests.race.site.wsgi", *texts]


def environment_of(directory: Path, database_name: str) -> dict[str, str]:
    """Return what the site's settings read."""
    return {
        "DATABASE_NAME": database_name,
        "SQLITE_NAME": database_name,
        "RACE_DIRECTORY": str(directory),
        "RACE_REDIS_URL": REDIS_URL if services.reachable("redis") else "",
    }


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
