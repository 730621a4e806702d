"""Measure start, check and login against the floor, in turns, on PostgreSQL.

    python -m benchmarks [--calls 100] [--turns 10]

Prints the median time of a request and the ratio to the floor's, turn by turn, in
process and over gunicorn. Ratios can be compared between machines; times cannot.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"

Caller = Callable[["Call"], int]


@contextlib.contextmanager
def in_process() -> Iterator[Caller]:
    """Call the WSGI handler's core: middleware, view, database, no network."""
    from django.core.handlers.base import BaseHandler
    from django.test import RequestFactory

    handler = BaseHandler()
    handler.load_middleware()
    factory = RequestFactory()

    def send(call: Call) -> int:
        request = factory.post(
            call.path, call.body, "application/json", headers=call.headers
        )
        return handler.get_response(request).status_code

    yield send


@contextlib.contextmanager
def over_gunicorn() -> Iterator[Caller]:
    """Call two gunicorn workers over one kept connection on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "benchmarks.wsgi"),
            *("--bind", f"127.0.0.1:{port}", "--workers", "2"),
            *("--worker-class", "gthread", "--log-level", "warning"),
        ]
    )
    try:
        connection = wait_for(port)

        def send(call: Call) -> int:
            headers = {"Content-Type": "application/json", **call.headers}
            connection.request("POST", call.path, call.body, headers)
            response = connection.getresponse()
            response.read()
            return response.status

        yield send
        connection.close()
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(port: int) -> http.client.HTTPConnection:
    for _attempt in range(100):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.connect()
        except OSError:
            time.sleep(0.1)
        else:
            return connection
    raise SystemExit("gunicorn did not start")


def measure(send: Caller, calls: list[Call]) -> float:
    """Return the median seconds of a call."""
    gc.collect()
    times = []
    for call in calls:
        begun = time.perf_counter()
        status = send(call)
        times.append(time.perf_counter() - begun)
        if status != call.status:
            raise SystemExit(f"{call.path} answered {status}, not {call.status}")
    return statistics.median(times)


def compare(send: Caller, make: Make, make_floor: Make, calls: int, turns: int) -> str:
    ours, floors = [], []
    measure(send, make(10) + make_floor(10))
    for turn in range(turns):
        # Each goes first every other turn, so that neither profits from the order.
        for is_ours in (True, False) if turn % 2 else (False, True):
            if is_ours:
                ours.append(measure(send, make(calls)))
            else:
                floors.append(measure(send, make_floor(calls)))
    ratios = sorted(a / b for a, b in zip(ours, floors, strict=True))
    return (
        f"{statistics.median(ours) * 1000:7.2f} ms"
        f"{statistics.median(floors) * 1000:9.2f} ms"
        f"{statistics.median(ratios):8.2f}   ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--turns", type=int, default=10)
    options = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, Django {django.__version__}, PostgreSQL")
    with database(), connection.cursor() as cursor:
        cursor.execute(floor.TABLE)
        for where, opened in {
            "in process": in_process,
            "over gunicorn": over_gunicorn,
        }.items():
            print(f"\n{where:14}       app      floor   ratio   (of each turn)")
            with opened() as send:
                for name, (make, make_floor) in CASES.items():
                    row = compare(send, make, make_floor, options.calls, options.turns)
                    print(f"{name:12}{row}", flush=True)


if __name__ == "__main__":
    django.setup()
    from django.db import connection

    from benchmarks import floor
    from benchmarks.cases import CASES, Call, Make
    from benchmarks.database import database

    main()
