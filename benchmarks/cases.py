"""The requests that are measured, ours and the floor's in pairs.

Each case makes ready what its requests need, outside of what is timed, and yields
the requests: method, path, body, headers and the status that each must get.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from benchmarks import floor
from sms_verification import messages, verifications
from sms_verification.models import PhoneNumber, Verification

_numbers = (f"+86138{n:08d}" for n in itertools.count())


@dataclass(frozen=True)
class Call:
    path: str
    body: bytes
    headers: dict[str, str]
    status: int


Make = Callable[[int], list[Call]]


def call(path: str, status: int, **body: Any) -> Call:
    # A token of the visitor's own making is what a browser sends back as well.
    token = "a" * 32
    headers = {"Cookie": f"csrftoken={token}", "X-CSRFToken": token}
    return Call(path, json.dumps(body).encode(), headers, status)


def fresh_numbers(count: int) -> list[str]:
    return list(itertools.islice(_numbers, count))


def seen_numbers(count: int) -> list[str]:
    """Numbers that got a code an hour ago, so that the row is there to be written."""
    numbers = fresh_numbers(count)
    before = timezone.now() - timedelta(hours=2)
    PhoneNumber.objects.bulk_create(
        PhoneNumber(number=n, sends=1, sent_at=[before.timestamp()], active_at=before)
        for n in numbers
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO floor VALUES (%s, '123456', 0, %s)",
            [(n, before) for n in numbers],
        )
    return numbers


def start(count: int) -> list[Call]:
    return [
        call("/sms/verifications/", 201, phone_number=n, purpose="register")
        for n in seen_numbers(count)
    ]


def floor_start(count: int) -> list[Call]:
    return [call("/floor/start/", 201, phone_number=n) for n in seen_numbers(count)]


def started(count: int, purpose: str) -> list[tuple[Verification, str]]:
    begun = [verifications.start(n, purpose) for n in fresh_numbers(count)]
    return [(v, str(messages.code_of(v))) for v in begun]


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "000001"


def right_check(count: int) -> list[Call]:
    return [
        call(f"/sms/verifications/{v.pk}/check/", 200, code=code)
        for v, code in started(count, "register")
    ]


def wrong_check(count: int) -> list[Call]:
    return [
        call(f"/sms/verifications/{v.pk}/check/", 400, code=wrong(code))
        for v, code in started(count, "register")
    ]


def floor_started(count: int) -> list[str]:
    numbers = fresh_numbers(count)
    for number in numbers:
        floor.run(floor.START, [number, "123456"])
    return numbers


def floor_right_check(count: int) -> list[Call]:
    return [
        call("/floor/check/", 200, phone_number=n, code="123456")
        for n in floor_started(count)
    ]


def floor_wrong_check(count: int) -> list[Call]:
    return [
        call("/floor/check/", 400, phone_number=n, code="000000")
        for n in floor_started(count)
    ]


def users(count: int) -> list[Any]:
    model = get_user_model()
    names = fresh_numbers(count)
    return model.objects.bulk_create(model(username=name) for name in names)


def login(count: int) -> list[Call]:
    numbers = fresh_numbers(count)
    PhoneNumber.objects.bulk_create(
        PhoneNumber(number=n, user=user)
        for n, user in zip(numbers, users(count), strict=True)
    )
    begun = [verifications.start(n, "login") for n in numbers]
    return [
        call("/sms/login/", 200, verification=str(v.pk), code=messages.code_of(v))
        for v in begun
    ]


def floor_login(count: int) -> list[Call]:
    return [
        call("/floor/login/", 200, phone_number=n, code="123456", user=user.pk)
        for n, user in zip(floor_started(count), users(count), strict=True)
    ]


CASES: dict[str, tuple[Make, Make]] = {
    "start": (start, floor_start),
    "right check": (right_check, floor_right_check),
    "wrong check": (wrong_check, floor_wrong_check),
    "login": (login, floor_login),
}
