"""What ``sql`` writes and reads is what the ORM does, on the database at hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.forms import model_to_dict

from sms_verification import sql
from sms_verification.models import Delivery, PhoneNumber, Verification
from tests.factories import (
    DeliveryFactory,
    PhoneNumberFactory,
    UserFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
# Every byte that a charset could take for something else.
SALT = bytes([0, 39, 92, 127, 128, 159, 195, 169, 255, 34, 37, 10, 13, 26, 1, 254])


def whole() -> Verification:
    """Return a row with a value in every column."""
    return VerificationFactory.build(
        phone_number=PhoneNumberFactory(sent_at=[MOMENT.timestamp()]),
        salt=SALT,
        created_at=MOMENT,
        expires_at=MOMENT + timedelta(minutes=5),
        approved_at=MOMENT,
        used_at=MOMENT,
        address="2001:db8::1",
        user_agent="浏览器 \\ % ' \"",
        user=UserFactory(),
        language="zh-hans",
    )


def columns(row: Any) -> dict[str, Any]:
    values = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}
    return {n: bytes(v) if isinstance(v, memoryview) else v for n, v in values.items()}


class TestInsert:
    def test_writes_what_the_orm_reads(self) -> None:
        row = whole()
        sql.insert(row, "default")
        assert columns(Verification.objects.get()) == columns(row)

    def test_writes_what_the_orm_writes(self) -> None:
        ours, theirs = whole(), whole()
        sql.insert(ours, "default")
        theirs.save(force_insert=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT salt, user_agent, address, language, created_at"
                " FROM sms_verification_verification"
            )
            first, second = cursor.fetchall()
        assert [bytes(first[0]), *first[1:]] == [bytes(second[0]), *second[1:]]

    def test_leaves_a_row_that_the_orm_updates(self) -> None:
        row = whole()
        sql.insert(row, "default")
        row.language = "en"
        row.save()
        assert Verification.objects.get().language == "en"

    def test_writes_nulls_and_durations(self) -> None:
        row = DeliveryFactory.build(
            verification=VerificationFactory(),
            duration=timedelta(seconds=1, microseconds=5),
        )
        sql.insert(row, "default")
        assert columns(Delivery.objects.get()) == columns(row)


class TestSelect:
    def test_reads_what_the_orm_reads(self) -> None:
        row = whole()
        row.save(force_insert=True)
        found = sql.select(Verification, {"id": row.pk}, "default")
        assert found is not None
        assert columns(found) == columns(Verification.objects.get())

    def test_brings_the_row_that_it_refers_to(
        self, django_assert_num_queries: Any
    ) -> None:
        row = whole()
        row.save(force_insert=True)
        with django_assert_num_queries(1):
            found = sql.select(
                Verification, {"id": row.pk}, "default", related="phone_number"
            )
            assert found is not None
            number = found.phone_number
        assert model_to_dict(number) == model_to_dict(PhoneNumber.objects.get())

    def test_returns_none_for_no_row(self) -> None:
        assert sql.select(PhoneNumber, {"number": "+8613800138000"}, "default") is None

    def test_tells_numbers_by_every_digit(self) -> None:
        PhoneNumberFactory(number="+8613800138000")
        for other in ["+8613800138001", "+861380013800", "+86138001380000"]:
            assert sql.select(PhoneNumber, {"number": other}, "default") is None


class TestUpdate:
    def test_changes_the_row_alone(self) -> None:
        row, other = VerificationFactory(), VerificationFactory()
        assert sql.update(Verification, {"checks_left": 2}, {"id": row.pk}, "default")
        row.refresh_from_db()
        other.refresh_from_db()
        assert (row.checks_left, other.checks_left) == (2, 5)

    @pytest.mark.parametrize(
        ("conditions", "met"),
        [
            ({"checks_left": 5}, True),
            ({"checks_left": 4}, False),
            ({"checks_left__gt": 4}, True),
            ({"checks_left__gt": 5}, False),
            ({"approved_at": None}, True),
            ({"language": None}, False),
            ({"created_at__gt": MOMENT}, False),
            ({"created_at__gt": MOMENT - timedelta(microseconds=1)}, True),
        ],
    )
    def test_asks_for_every_condition(
        self, conditions: dict[str, Any], met: bool
    ) -> None:
        row = VerificationFactory(created_at=MOMENT)
        where = {"id": row.pk, **conditions}
        changed = sql.update(Verification, {"checks_left": 3}, where, "default")
        row.refresh_from_db()
        assert (changed, row.checks_left) == (met, 3 if met else 5)

    def test_that_changes_nothing_is_still_a_row(self) -> None:
        """MariaDB counts the rows it changed, unless it is asked for those found."""
        row = VerificationFactory()
        assert sql.update(Verification, {"checks_left": 5}, {"id": row.pk}, "default")

    def test_refuses_a_condition_that_it_does_not_know(self) -> None:
        row = VerificationFactory()
        with pytest.raises(KeyError):
            sql.update(
                Verification,
                {"checks_left": 3},
                {"id": row.pk, "expires_at__gte": MOMENT},
                "default",
            )
