"""Measure a push of a hundred receipts against the bare statements that store the same.

    python -m benchmarks.receipts [--calls 20] [--turns 10]

Prints the median time of a push (through middleware, view, parser, rules, signals and
logs, without the network), that of one SELECT and one UPDATE of the same rows by hand,
and their ratio, turn by turn, on PostgreSQL. Times cannot be compared between machines.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"

BATCH = 100
# Rows that are there already, whatever they cost the statements.
BEFORE = 50_000

AT = "2026-01-05 20:00:03"

FIND = """
SELECT id, receipt FROM sms_verification_delivery
WHERE provider = 'default' AND id IN ({marks})
"""
STORE = """
UPDATE sms_verification_delivery
SET receipt = 'delivered', receipt_code = 'DELIVERED', received_at = now(),
    outcome = 'accepted'
WHERE id IN ({marks}) AND receipt IN ('', 'sent')
"""

Rows = Sequence[Any]
Work = Callable[[Rows], None]


def batches(count: int) -> Iterator[Rows]:
    """Deliveries that wait for their receipts, each of a number of its own."""
    for _ in range(count):
        numbers = PhoneNumber.objects.bulk_create(
            PhoneNumber(number=f"+86138{next(_serial):08d}") for _n in range(BATCH)
        )
        now = timezone.now()
        attempts = Verification.objects.bulk_create(
            Verification(
                phone_number=number,
                purpose="login",
                code_length=6,
                checks_left=5,
                created_at=now,
                expires_at=now + CODE_LIFETIME,
            )
            for number in numbers
        )
        yield Delivery.objects.bulk_create(
            Delivery(
                verification=attempt,
                provider="default",
                outcome="accepted",
                message_id=f"{next(_serial)}^0",
            )
            for attempt in attempts
        )


def report(delivery: Any, out_id: str) -> dict[str, Any]:
    number = delivery.verification.phone_number.number
    return {
        "phone_number": number.removeprefix("+86"),
        "send_time": AT,
        "report_time": AT,
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "用户接收成功",
        "sms_size": "1",
        "biz_id": delivery.message_id,
        "out_id": out_id,
    }


def pushed(rows: Rows) -> Any:
    path = f"/sms/receipts/default/{current_secret('default')}/"
    body = json.dumps(rows, ensure_ascii=False)
    return RequestFactory().post(path, body, "application/json;charset=utf-8")


def by_our_id(rows: Rows) -> Any:
    return pushed([report(row, row.pk.hex) for row in rows])


def by_theirs(rows: Rows) -> Any:
    return pushed([report(row, "") for row in rows])


def bare(rows: Rows) -> None:
    ids = [row.pk for row in rows]
    marks = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(FIND.format(marks=marks), ids)
        cursor.fetchall()
        cursor.execute(STORE.format(marks=marks), ids)


def timed(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def measure(requests: Sequence[Any]) -> float:
    """Return the median seconds of a push."""
    gc.collect()
    return statistics.median(timed(lambda r=request: send(r)) for request in requests)


def send(request: Any) -> None:
    status = handler.get_response(request).status_code
    if status != 200:
        raise SystemExit(f"A push was answered {status}")


def compare(make: Callable[[Rows], Any], again: bool, calls: int, turns: int) -> str:
    ours, floors = [], []
    for turn in range(turns):
        # Each goes first every other turn, so that neither profits from the order.
        for is_ours in (True, False) if turn % 2 else (False, True):
            rows = list(batches(calls))
            if is_ours:
                # One of these was read already: a request can be sent once.
                for made in rows if again else ():
                    send(make(made))
                ours.append(measure([make(made) for made in rows]))
            else:
                gc.collect()
                times = [timed(lambda made=made: bare(made)) for made in rows]
                floors.append(statistics.median(times))
    ratios = sorted(a / b for a, b in zip(ours, floors, strict=True))
    return (
        f"{statistics.median(ours) * 1000:7.2f} ms"
        f"{statistics.median(floors) * 1000:9.2f} ms"
        f"{statistics.median(ratios):8.2f}   ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


def statements(make: Callable[[Rows], Any], again: bool) -> int:
    [rows] = batches(1)
    if again:
        send(make(rows))
    request = make(rows)
    with CaptureQueriesContext(connection) as queries:
        send(request)
    verbs = [query["sql"].split()[0] for query in queries]
    return len([verb for verb in verbs if verb in {"SELECT", "UPDATE"}])


CASES: dict[str, tuple[Callable[[Rows], Any], bool]] = {
    "by our id": (by_our_id, False),
    "by the vendor's": (by_theirs, False),
    "once more": (by_our_id, True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--turns", type=int, default=10)
    options = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, Django {django.__version__}, PostgreSQL")
    with database(), connection.cursor() as cursor:
        for _rows in batches(BEFORE // BATCH):
            pass
        cursor.execute("ANALYZE")
        print(f"\n{'push of 100':17}        app    by hand   ratio   (of each turn)")
        for name, (make, again) in CASES.items():
            count = statements(make, again)
            row = compare(make, again, options.calls, options.turns)
            print(f"{name:17}{row}   {count} statements", flush=True)


if __name__ == "__main__":
    django.setup()
    from django.conf import settings
    from django.core.handlers.base import BaseHandler
    from django.db import connection
    from django.test import RequestFactory
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from benchmarks.database import database
    from sms_verification.conf import settings as ours
    from sms_verification.models import Delivery, PhoneNumber, Verification
    from sms_verification.providers import aliyun_receipts
    from sms_verification.providers.dummy import DummyProvider
    from sms_verification.receipts.paths import current_secret
    from sms_verification.types import Push, Receipt

    class Pushing(DummyProvider):
        push_answer = aliyun_receipts.ANSWER

        def read_push(self, push: Push) -> list[Receipt]:
            return aliyun_receipts.read(push.body)

    settings.SMS_VERIFICATION_PROVIDERS = {
        "default": {"BACKEND": "__main__.Pushing"},
    }
    CODE_LIFETIME = ours.CODE_LIFETIME
    _serial = itertools.count()
    handler = BaseHandler()
    handler.load_middleware()
    main()
