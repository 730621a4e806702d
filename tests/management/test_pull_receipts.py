from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from pytest_django import DjangoAssertNumQueries, Settings

from sms_verification import settling, transactions
from sms_verification.models import Delivery, Outcome
from sms_verification.types import Receipt
from tests.factories import DeliveryFactory
from tests.receipts.vendors import Asked, vendor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _vendors(settings: Settings) -> None:
    Asked.questions.clear()
    settings.SMS_VERIFICATION_PROVIDERS = {
        "default": vendor("Asked"),
        "deaf": vendor("Deaf"),
        "mute": vendor("Mute"),
        "plain": vendor("Aliyun"),
        "absent": vendor("NoSuch"),
    }


def pull(**options: Any) -> str:
    out = StringIO()
    call_command("pull_receipts", stdout=out, **options)
    return out.getvalue()


def delivery(age: timedelta = 20 * MINUTE, **row: Any) -> Delivery:
    row.setdefault("message_id", "1^0")
    return DeliveryFactory(requested_at=NOON - age, **row)


def stored(row: Delivery) -> tuple[str, str]:
    row.refresh_from_db()
    return row.outcome, row.receipt


class PullTests:
    @pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.UNKNOWN])
    @pytest.mark.parametrize("receipt", ["", "sent"])
    def test_asks_for_what_is_not_settled(self, outcome: str, receipt: str) -> None:
        row = delivery(outcome=outcome, receipt=receipt)
        assert pull() == "Asked for 1: 1 receipts, 0 failures.\n"
        number = row.verification.phone_number.number
        assert Asked.questions == [(number, "1^0", date(2026, 1, 5))]
        assert stored(row) == ("accepted", "delivered")

    @pytest.mark.parametrize("receipt", ["delivered", "undelivered"])
    def test_asks_for_nothing_that_is_settled(self, receipt: str) -> None:
        delivery(receipt=receipt)
        assert pull() == "Asked for 0: 0 receipts, 0 failures.\n"

    @pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.WITHHELD])
    def test_asks_for_nothing_that_never_left(self, outcome: str) -> None:
        delivery(outcome=outcome)
        assert pull().startswith("Asked for 0")

    @pytest.mark.parametrize(
        ("age", "asked"),
        [
            (9 * MINUTE, 0),
            (10 * MINUTE, 1),
            (3 * DAY, 1),
            (3 * DAY + MINUTE, 0),
            (-DAY, 0),
        ],
        ids=str,
    )
    def test_asks_between_ten_minutes_and_three_days(
        self, age: timedelta, asked: int
    ) -> None:
        delivery(age)
        assert pull().startswith(f"Asked for {asked}:")

    def test_asks_between_what_it_is_told(self) -> None:
        for age in (1 * MINUTE, 3 * MINUTE, 20 * MINUTE, 2 * DAY):
            delivery(age)
        assert pull(min_minutes=2, max_days=1).startswith("Asked for 2:")

    def test_asks_for_so_many_at_most_the_newest_first(self) -> None:
        rows = [delivery(age * MINUTE) for age in (40, 20, 30)]
        assert pull(limit=2).startswith("Asked for 2:")
        assert [stored(row)[1] for row in rows] == ["", "delivered", "delivered"]

    def test_asks_by_the_day_of_the_vendor(self) -> None:
        delivery(timedelta(hours=19, minutes=59))
        delivery(timedelta(hours=20, minutes=1))
        pull()
        days = [day for _number, _message_id, day in Asked.questions]
        assert days == [date(2026, 1, 5), date(2026, 1, 4)]

    def test_goes_on_after_a_failure_and_tells_no_number(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        failed, settled = delivery(provider="deaf"), delivery(30 * MINUTE)
        assert pull() == "Asked for 2: 1 receipts, 1 failures.\n"
        assert stored(failed) == ("accepted", "")
        assert stored(settled) == ("accepted", "delivered")
        assert "Provider deaf raised DeliveryUnknown." in caplog.messages
        assert failed.verification.phone_number.number not in caplog.text

    def test_goes_on_where_a_row_never_holds_still(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def lose(*args: Any) -> None:
            raise transactions.Contended

        monkeypatch.setattr(settling, "settle", lose)
        delivery(), delivery()
        assert pull() == "Asked for 2: 0 receipts, 2 failures.\n"

    def test_goes_on_where_the_database_fails_and_tells_no_number(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        settle, rows = settling.settle, [delivery(), delivery(30 * MINUTE)]
        numbers = [row.verification.phone_number.number for row in rows]

        def fail_once(alias: str, receipts: Sequence[Receipt]) -> int:
            if receipts[0].phone_number == numbers[0]:
                raise OperationalError(numbers[0])
            return settle(alias, receipts)

        monkeypatch.setattr(settling, "settle", fail_once)
        assert pull() == "Asked for 2: 1 receipts, 1 failures.\n"
        assert [stored(row)[1] for row in rows] == ["", "delivered"]
        line = "Receipts of default are not stored: OperationalError."
        assert line in caplog.messages
        assert numbers[0] not in caplog.text

    def test_passes_over_who_has_no_answer_after_all(self) -> None:
        delivery(provider="mute")
        assert pull() == "Asked for 1: 0 receipts, 0 failures.\n"

    @pytest.mark.parametrize("alias", ["plain", "absent", "gone"])
    def test_passes_over_who_cannot_be_asked(self, alias: str) -> None:
        delivery(10 * MINUTE, provider=alias)
        row = delivery()
        assert pull(limit=1).startswith("Asked for 1: 1 receipts")
        assert stored(row)[1] == "delivered"

    def test_tells_no_key_of_who_cannot_be_built(
        self, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Sentry reads the frames of what is logged with a traceback."""
        entry = {**vendor("Asked"), "OPTIONS": {"acess_key": "an access key"}}
        settings.SMS_VERIFICATION_PROVIDERS = {"default": entry}
        assert pull().startswith("Asked for 0")
        (record,) = [r for r in caplog.records if "cannot be built" in r.getMessage()]
        assert "'acess_key'" in record.getMessage()
        assert record.exc_info is None
        assert "an access key" not in caplog.text

    def test_reads_what_it_asks_for_in_one_statement(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for age in (20, 30, 40):
            delivery(age * MINUTE, provider="deaf")
        with django_assert_num_queries(1) as queries:
            pull()
        assert "salt" not in queries[0]["sql"]

    def test_asks_nothing_where_nobody_can_be_asked(
        self, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": vendor("Aliyun")}
        delivery()
        with django_assert_num_queries(0):
            assert pull().startswith("Asked for 0")

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="reads a plan")
    def test_walks_the_index_on_the_time(self) -> None:
        plans: list[str] = []

        def explain(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
            if sql.startswith("SELECT"):
                with connection.cursor() as cursor:
                    cursor.cursor.execute("SET enable_seqscan = off")
                    cursor.cursor.execute(f"EXPLAIN {sql}", params)
                    plans.append(str(cursor.cursor.fetchall()))
            return execute(sql, params, *rest)

        with connection.execute_wrapper(explain):
            pull()
        assert "sms_verif_requested" in plans[0]
