"""Ask whether the time of an answer tells who has an account.

    python -m benchmarks.parity [--numbers 1000] [--inline 100]

Starts, looks at and resends verifications of a purpose that needs an account, for
numbers that have one and for numbers that have none, in random order: with a queue, a
worker and a vendor that takes 100 ms, and for contrast with the same vendor inline.
Prints the medians and the p value of Mann and Whitney's test: how often two equal
groups would differ as much. A small one tells them apart. It needs the dependency group
``benchmarks`` beside ``test`` and ``postgresql``.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from secrets import SystemRandom

import django
from scipy.stats import mannwhitneyu

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.parity_settings"

KINDS = ("account", "none, seen", "none, unseen")

_digits = count()

Ask = Callable[["Person"], int]


class Person:
    """Asks for one number."""

    def __init__(self, number: str, kind: str) -> None:
        self.number = number
        self.kind = kind
        self.client = Client()
        self.path = "/sms/verifications/"

    def start(self) -> int:
        body = {"phone_number": self.number, "purpose": "reset_password"}
        answer = self.client.post(self.path, json.dumps(body), "application/json")
        self.path += f"{answer.json()['id']}/"
        return answer.status_code

    def look(self) -> int:
        return self.client.get(self.path).status_code

    def resend(self) -> int:
        path = f"{self.path}resend/"
        return self.client.post(path, "{}", "application/json").status_code


def people(number: int) -> list[Person]:
    """As many of each kind."""
    found = [
        Person(f"+86138{next(_digits):08d}", kind)
        for kind in KINDS
        for _ in range(number)
    ]
    for person in found:
        if person.kind == "account":
            user = get_user_model().objects.create(username=person.number)
            PhoneNumber.objects.create(number=person.number, user=user)
        elif person.kind == "none, seen":
            PhoneNumber.objects.create(number=person.number)
    return found


def measure(everybody: list[Person], ask: Ask) -> dict[str, list[float]]:
    """Let everybody ask once, in random order; return the milliseconds by kind."""
    SystemRandom().shuffle(everybody)
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    gc.collect()
    for person in everybody:
        begun = time.perf_counter()
        status = ask(person)
        taken[person.kind].append((time.perf_counter() - begun) * 1000)
        assert status in {200, 201}, status
    return taken


def report(title: str, number: int) -> None:
    everybody = people(number)
    for name, ask in (
        ("start", Person.start),
        ("look", Person.look),
        ("resend", Person.resend),
    ):
        taken = measure(everybody, ask)
        known = taken["account"]
        medians = [f"{statistics.median(taken[kind]):9.3f}" for kind in KINDS]
        tests = [f"{mannwhitneyu(known, taken[k]).pvalue:10.2g}" for k in KINDS[1:]]
        print(f"{title:7} {name:7}", *medians, *tests, flush=True)


@contextlib.contextmanager
def worker() -> Iterator[None]:
    """A process that works the queue off, all the while."""
    command = [sys.executable, "-m", "django", "db_worker", "--verbosity=0"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--numbers", type=int, default=1000)
    parser.add_argument("--inline", type=int, default=100)
    options = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, Django {django.__version__}")
    print("                       median, ms               p against account")
    print("                 account      seen    unseen       seen     unseen")
    with database():
        measure(people(20), Person.start)
        with worker():
            report("queue", options.numbers)
        with override_settings(SMS_VERIFICATION_TASK_BACKEND=None):
            report("inline", options.inline)


if __name__ == "__main__":
    django.setup()
    from django.contrib.auth import get_user_model
    from django.test import Client, override_settings

    from benchmarks.database import database
    from sms_verification.models import PhoneNumber

    main()
