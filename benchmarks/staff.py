"""Measure what staff wait for in admin, on PostgreSQL with a million attempts.

    python -m benchmarks.staff [--attempts 1000000] [--numbers 300000] [--calls 15]

Prints the median time of a request, in process and without the network, and how many
statements it makes; writes the plans of those statements to ``benchmarks/plans``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

PLANS = Path(__file__).parent / "plans"
ADMIN = "/admin/sms_verification"
TABLES = ("sms_verification_", "django_admin_log")


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    # What is posted; without it the page is got.
    form: dict[str, str] | None = None
    status: int = 200


def pages() -> Iterator[Page]:
    yield from searches()
    yield from timelines()
    numbers = f"{ADMIN}/phonenumber/"
    yield Page("numbers", numbers)
    yield Page("numbers, page 10", f"{numbers}?p=10")
    for standing in ("blocked", "locked"):
        yield Page(f"numbers, {standing}", f"{numbers}?standing={standing}")
    yield from attempts()
    yield from deliveries()


def searches() -> Iterator[Page]:
    search = f"{ADMIN}/phonenumber/search/"
    typed = {"number": "138 0000 7777", "unknown number": "139 0000 7777"}
    typed["attempt"] = str(Verification.objects.order_by("created_at")[777].pk)
    for name, text in typed.items():
        status = 200 if name.startswith("unknown") else 302
        yield Page(f"search, {name}", search, {"text": text}, status)


def timelines() -> Iterator[Page]:
    for name, pk in {"of hundreds of attempts": 7, "of a few": 7777}.items():
        yield Page(f"timeline {name}", f"{ADMIN}/phonenumber/{pk}/change/")
    older = Verification.objects.filter(phone_number=7).order_by("-created_at")[120]
    path = f"{ADMIN}/phonenumber/7/change/?upto={older.pk}"
    yield Page("timeline, an older page", path)


def attempts() -> Iterator[Page]:
    listed = f"{ADMIN}/verification/"
    yield Page("attempts of 7 days", listed)
    yield Page("attempts, page 10", f"{listed}?p=10")
    for day in days():
        yield Page(f"attempts, {day}", f"{listed}?day={day}")
    for status in ("pending", "approved", "used", "expired", "exhausted"):
        yield Page(f"attempts, {status}", f"{listed}?status={status}")
    for purpose in ("login", "change_phone"):
        yield Page(f"attempts, {purpose}", f"{listed}?purpose={purpose}")
    both = "purpose=change_phone&status=exhausted"
    yield Page("attempts, change_phone, exhausted", f"{listed}?{both}")


def deliveries() -> Iterator[Page]:
    listed = f"{ADMIN}/delivery/"
    yield Page("deliveries of 7 days", listed)
    for day in days():
        yield Page(f"deliveries, {day}", f"{listed}?day={day}")
    for outcome in ("accepted", "rejected", "unknown", "withheld"):
        yield Page(f"deliveries, {outcome}", f"{listed}?outcome={outcome}")
    for provider in ("default", "backup", "world"):
        yield Page(f"deliveries, {provider}", f"{listed}?provider={provider}")
    both = "provider=backup&outcome=unknown"
    yield Page("deliveries, backup, unknown", f"{listed}?{both}")


def days() -> list[str]:
    return ["today", "yesterday", f"{timezone.localdate() - timedelta(days=100)}"]


def call(client: Any, page: Page) -> None:
    if page.form is None:
        response = client.get(page.path)
    else:
        response = client.post(page.path, page.form)
    if response.status_code != page.status:
        raise SystemExit(f"{page.name} answered {response.status_code}")


def milliseconds(client: Any, page: Page, calls: int) -> list[float]:
    times = []
    for _ in range(calls):
        begun = time.perf_counter()
        call(client, page)
        times.append((time.perf_counter() - begun) * 1000)
    return sorted(times)


def statements(client: Any, page: Page) -> list[tuple[str, Any]]:
    made: list[tuple[str, Any]] = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        made.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        call(client, page)
    return made


def write_plans(page: Page, made: list[tuple[str, Any]]) -> None:
    parts = []
    for sql, params in made:
        if not any(f'FROM "{table}' in sql for table in TABLES):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", params)
            plan = "\n".join(line for (line,) in cursor.fetchall())
        parts.append(f"{sql}\n\n{plan}\n")
    name = "".join(c if c.isalnum() else "-" for c in page.name).replace("--", "-")
    text = "\n\n".join([f"{page.name}: {len(made)} statements\n", *parts])
    (PLANS / f"{name}.txt").write_text(text)


def staff() -> Any:
    client = Client()
    user = get_user_model().objects.create(username="staff", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="sms_verification")
    )
    client.force_login(user)
    return client


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--attempts", type=int, default=1_000_000)
    parser.add_argument("--numbers", type=int, default=300_000)
    parser.add_argument("--calls", type=int, default=15)
    options = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, Django {django.__version__}, PostgreSQL")
    PLANS.mkdir(exist_ok=True)
    with database():
        fill(options.attempts, options.numbers)
        client = staff()
        print("\n| page | median ms | slowest ms | statements |\n|---|---|---|---|")
        for page in pages():
            made = statements(client, page)
            times = milliseconds(client, page, options.calls)
            median = statistics.median(times)
            row = f"{page.name} | {median:.0f} | {times[-1]:.0f} | {len(made)}"
            print(f"| {row} |", flush=True)
            write_plans(page, made)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.staff_settings"
    django.setup()
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Permission
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from benchmarks.database import database
    from benchmarks.staff_rows import fill
    from sms_verification.models import Verification

    main()
