from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django import DjangoAssertNumQueries

from sms_verification import delivery as deliveries
from sms_verification import receipt_rows, settling, signals, storage, transactions
from sms_verification.models import Delivery, Outcome
from sms_verification.providers.dummy import DummyProvider
from sms_verification.types import Receipt, ReceiptStatus, SentMessage, SmsMessage
from tests.factories import DeliveryFactory, VerificationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
CHINA = timezone(timedelta(hours=8))
SECOND = timedelta(seconds=1)
SENT, DELIVERED, UNDELIVERED = ReceiptStatus


def receipt(delivery: Delivery, status: str = "delivered", **more: Any) -> Receipt:
    fields = {"delivery_id": delivery.pk.hex, **more}
    return Receipt(status=ReceiptStatus(status), **fields)


def by_message(delivery: Delivery, **more: Any) -> Receipt:
    number = delivery.verification.phone_number.number
    fields = {"message_id": delivery.message_id, "phone_number": number, **more}
    return Receipt(status=DELIVERED, **fields)


def stored(delivery: Delivery) -> tuple[str, str]:
    delivery.refresh_from_db()
    return delivery.outcome, delivery.receipt


class MatchTests:
    def test_by_our_own_id(self) -> None:
        delivery = DeliveryFactory()
        assert settling.settle("default", [receipt(delivery)]) == 1
        assert stored(delivery) == ("accepted", "delivered")

    def test_by_the_vendor_s_id_with_the_number(self) -> None:
        delivery = DeliveryFactory(message_id="1^0")
        assert settling.settle("default", [by_message(delivery)]) == 1
        assert stored(delivery) == ("accepted", "delivered")

    @pytest.mark.parametrize("delivery_id", ["", "f" * 32, "a host's own", "\x00"])
    def test_by_the_vendor_s_id_where_ours_is_none(self, delivery_id: str) -> None:
        delivery = DeliveryFactory(message_id="1^0")
        told = by_message(delivery, delivery_id=delivery_id)
        assert settling.settle("default", [told]) == 1

    def test_by_our_own_id_first(self) -> None:
        ours, theirs = DeliveryFactory(), DeliveryFactory(message_id="1^0")
        settling.settle("default", [by_message(theirs, delivery_id=ours.pk.hex)])
        assert stored(ours) == ("accepted", "delivered")
        assert stored(theirs) == ("accepted", "")

    @pytest.mark.parametrize(
        "changes",
        [
            {"message_id": "2^0"},
            {"message_id": "1^0 "},
            {"message_id": ""},
            {"phone_number": "+8613900139000"},
            {"phone_number": ""},
        ],
        ids=str,
    )
    def test_is_none_by_one_of_the_two(self, changes: dict[str, str]) -> None:
        delivery = DeliveryFactory(message_id="1^0")
        assert settling.settle("default", [by_message(delivery, **changes)]) == 0
        assert stored(delivery) == ("accepted", "")

    def test_is_none_where_both_are_known_of_two_deliveries(self) -> None:
        """The statement asks for any of these ids with any of these numbers."""
        one, other = DeliveryFactory(message_id="1^0"), DeliveryFactory(message_id="2")
        number = other.verification.phone_number.number
        crossed = by_message(one, phone_number=number)
        back = by_message(other, phone_number=one.verification.phone_number.number)
        assert settling.settle("default", [crossed, back]) == 0

    def test_is_none_without_a_vendor_s_id(self) -> None:
        delivery = DeliveryFactory(message_id="")
        assert settling.settle("default", [by_message(delivery)]) == 0

    def test_is_none_with_another_provider_s(self) -> None:
        delivery = DeliveryFactory(provider="backup", message_id="1^0")
        for told in (receipt(delivery), by_message(delivery)):
            assert settling.settle("default", [told]) == 0
        assert stored(delivery) == ("accepted", "")

    def test_of_a_batch_takes_a_statement_a_way(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        known = [receipt(d) for d in DeliveryFactory.create_batch(20)]
        named = [by_message(DeliveryFactory(message_id=f"{n}")) for n in range(20)]
        with django_assert_num_queries(2 + 3):
            assert settling.settle("default", known + named) == 40


class OutcomeTests:
    @pytest.mark.parametrize("status", ["sent", "delivered", "undelivered"])
    def test_unknown_is_settled_by_any_word(self, status: str) -> None:
        delivery = DeliveryFactory(outcome=Outcome.UNKNOWN)
        settling.settle("default", [receipt(delivery, status)])
        assert stored(delivery) == ("accepted", status)

    @pytest.mark.parametrize("outcome", ["rejected", "withheld", "queued"])
    def test_of_what_never_left_stays(self, outcome: str) -> None:
        delivery = DeliveryFactory(outcome=outcome)
        assert settling.settle("default", [receipt(delivery)]) == 0
        assert stored(delivery) == (outcome, "")

    def test_of_what_was_rejected_meanwhile_stays(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        delivery = DeliveryFactory(outcome=Outcome.UNKNOWN)
        meanwhile(monkeypatch, outcome="rejected")
        assert settling.settle("default", [receipt(delivery)]) == 0
        assert stored(delivery) == ("rejected", "")


def meanwhile(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let another writer in between the first statement and the second."""
    advance = receipt_rows.advance

    def late(steps: Any) -> None:
        monkeypatch.setattr(receipt_rows, "advance", advance)
        Delivery.objects.filter(pk=steps[0].row.id).update(**changes)
        advance(steps)

    monkeypatch.setattr(receipt_rows, "advance", late)


class EarlyTests:
    """A vendor can be faster than its own answer."""

    def send(self, monkeypatch: pytest.MonkeyPatch, answer: Any, status: str) -> None:
        told = partial(Receipt, status=ReceiptStatus(status), code="early")

        class Fast(DummyProvider):
            def send(self, message: SmsMessage) -> SentMessage:
                settling.settle("default", [told(delivery_id=message.delivery_id)])
                if isinstance(answer, Exception):
                    raise answer
                return SentMessage(message_id="1^0")

        monkeypatch.setattr(deliveries, "get_provider", lambda alias: Fast())
        verification = VerificationFactory()
        delivery = Delivery(verification=verification, provider="default")
        storage.add_delivery(delivery)
        deliveries.hand_over(verification, delivery, ["default"])

    @pytest.mark.parametrize("status", ["sent", "delivered", "undelivered"])
    def test_before_it_is_accepted(
        self, monkeypatch: pytest.MonkeyPatch, status: str
    ) -> None:
        self.send(monkeypatch, None, status)
        delivery = Delivery.objects.get()
        assert (delivery.message_id, delivery.receipt_code) == ("1^0", "early")
        assert stored(delivery) == ("accepted", status)

    @pytest.mark.parametrize("status", ["sent", "delivered", "undelivered"])
    def test_before_the_answer_is_lost(
        self, monkeypatch: pytest.MonkeyPatch, status: str
    ) -> None:
        self.send(monkeypatch, TimeoutError(), status)
        delivery = Delivery.objects.get()
        assert delivery.vendor_code == "TimeoutError"
        assert stored(delivery) == ("accepted", status)


class ForwardTests:
    @pytest.mark.parametrize(
        ("words", "last"),
        [
            (["sent"], "sent"),
            (["sent", "delivered"], "delivered"),
            (["delivered", "sent"], "delivered"),
            (["undelivered", "sent"], "undelivered"),
            (["delivered", "undelivered"], "delivered"),
            (["undelivered", "delivered"], "undelivered"),
            (["sent", "sent", "undelivered", "delivered", "sent"], "undelivered"),
        ],
    )
    @pytest.mark.parametrize("at_once", [True, False])
    def test_one_after_the_other_and_in_one_batch(
        self, words: list[str], last: str, at_once: bool
    ) -> None:
        delivery = DeliveryFactory()
        told = [receipt(delivery, word, code=word) for word in words]
        for batch in [told] if at_once else [[one] for one in told]:
            settling.settle("default", batch)
        assert stored(delivery) == ("accepted", last)
        assert delivery.receipt_code == last

    def test_a_duplicate_is_no_news(self) -> None:
        delivery = DeliveryFactory()
        told = receipt(delivery, code="first")
        assert settling.settle("default", [told, told]) == 1
        assert settling.settle("default", [receipt(delivery, code="again")]) == 0
        delivery.refresh_from_db()
        assert delivery.receipt_code == "first"

    @pytest.mark.parametrize("status", ["sent", "delivered", "undelivered"])
    def test_the_first_of_two_writers_wins(
        self, monkeypatch: pytest.MonkeyPatch, status: str
    ) -> None:
        delivery = DeliveryFactory()
        meanwhile(monkeypatch, receipt="undelivered")
        assert settling.settle("default", [receipt(delivery, status)]) == 0
        assert stored(delivery) == ("accepted", "undelivered")

    def test_who_lost_one_row_of_a_batch_stores_the_others(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        batch = DeliveryFactory.create_batch(3)
        meanwhile(monkeypatch, receipt="undelivered")
        assert settling.settle("default", [receipt(d) for d in batch]) == 2
        words = sorted(stored(delivery)[1] for delivery in batch)
        assert words == ["delivered", "delivered", "undelivered"]

    def test_a_row_that_never_holds_still_stores_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        delivery, other = DeliveryFactory.create_batch(2)

        def lose(*args: Any) -> None:
            raise transactions.Lost

        monkeypatch.setattr(receipt_rows, "_write", lose)
        with pytest.raises(transactions.Contended):
            settling.settle("default", [receipt(delivery), receipt(other)])
        assert stored(delivery) == ("accepted", "")

    def test_a_batch_is_stored_whole_or_not_at_all(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        delivery, other = DeliveryFactory.create_batch(2)
        write = receipt_rows._write

        def fail(status: ReceiptStatus, *args: Any) -> None:
            if status == UNDELIVERED:
                raise transactions.Lost
            write(status, *args)

        monkeypatch.setattr(receipt_rows, "_write", fail)
        with pytest.raises(transactions.Contended):
            settling.settle(
                "default", [receipt(delivery), receipt(other, "undelivered")]
            )
        assert stored(delivery) == ("accepted", "")


RANK = {"": 0, "sent": 1, "delivered": 2, "undelivered": 2}

WORDS = st.tuples(st.integers(0, 2), st.sampled_from(ReceiptStatus))


class AnyOrderTests(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.lists(WORDS, max_size=6), max_size=5))
    def test_never_moves_backward(
        self, batches: list[list[tuple[int, ReceiptStatus]]]
    ) -> None:
        rows = DeliveryFactory.create_batch(3, outcome=Outcome.UNKNOWN)
        expected = [""] * 3
        for batch in batches:
            told = [receipt(rows[number], status) for number, status in batch]
            before = list(expected)
            for number, status in batch:
                if RANK[status] > RANK[expected[number]]:
                    expected[number] = status
            news = settling.settle("default", told)
            assert news == sum(a != b for a, b in zip(before, expected, strict=True))
            for row, word in zip(rows, expected, strict=True):
                assert stored(row) == ("accepted" if word else "unknown", word)


class TimeTests:
    @pytest.mark.parametrize(
        ("at", "kept"),
        [
            (None, NOON),
            (NOON - 5 * SECOND, NOON - 5 * SECOND),
            (datetime(2026, 1, 5, 19, 59, 55, tzinfo=CHINA), NOON - 5 * SECOND),
            (NOON, NOON),
            (NOON + SECOND, NOON),
            (NOON - 10.4 * SECOND, NOON - 10 * SECOND),
            (NOON - 11 * SECOND, NOON),
            (NOON.replace(tzinfo=None), NOON),
            (datetime.min.replace(tzinfo=CHINA), NOON),
            (datetime.max.replace(tzinfo=timezone(-timedelta(hours=12))), NOON),
        ],
        ids=str,
    )
    def test_is_the_vendor_s_where_that_can_be(
        self, at: datetime | None, kept: datetime
    ) -> None:
        delivery = DeliveryFactory(requested_at=NOON - 10 * SECOND)
        settling.settle("default", [receipt(delivery, at=at)])
        delivery.refresh_from_db()
        assert delivery.received_at == kept


class CodeTests:
    @pytest.mark.parametrize(
        ("code", "kept"),
        [
            ("DELIVRD", "DELIVRD"),
            ("用户接收成功", "用户接收成功"),
            ("a\x00b\nc\ud800\u202e", "abc"),
            ("x" * 1000, "x" * 128),
            ("%s", "%s"),
            ("", ""),
        ],
        ids=ascii,
    )
    def test_is_kept_as_it_can_be_read(self, code: str, kept: str) -> None:
        delivery = DeliveryFactory()
        settling.settle("default", [receipt(delivery, code=code)])
        delivery.refresh_from_db()
        assert delivery.receipt_code == kept


class SignalTests:
    def test_tells_what_is_news_and_no_number(self) -> None:
        told: list[dict[str, Any]] = []

        def receive(**payload: Any) -> None:
            told.append(payload)

        delivery = DeliveryFactory(verification__phone_number__number="+8613800138000")
        signals.receipt_recorded.connect(receive)
        try:
            for _again in range(2):
                settling.settle("default", [receipt(delivery, code="DELIVRD")])
        finally:
            signals.receipt_recorded.disconnect(receive)
        assert told == [
            {
                "signal": signals.receipt_recorded,
                "sender": Delivery,
                "verification_id": delivery.verification_id,
                "purpose": "register",
                "phone_number": "+86138****8000",
                "provider": "default",
                "receipt": "delivered",
                "receipt_code": "DELIVRD",
            }
        ]

    def test_cannot_be_vetoed(self) -> None:
        def fail(**payload: Any) -> None:
            raise RuntimeError

        delivery = DeliveryFactory()
        signals.receipt_recorded.connect(fail)
        try:
            assert settling.settle("default", [receipt(delivery)]) == 1
        finally:
            signals.receipt_recorded.disconnect(fail)


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="reads PostgreSQL's plans"
)
class PlanTests:
    def test_no_statement_scans_a_table(self) -> None:
        DeliveryFactory.create_batch(200, message_id="1^0")
        delivery = DeliveryFactory(message_id="2^0")
        plans: list[str] = []

        def explain(
            execute: Any, sql: str, params: Any, many: bool, context: Any
        ) -> Any:
            if sql.startswith(("SELECT", "UPDATE")):
                with connection.cursor() as cursor:
                    cursor.cursor.execute("SET enable_seqscan = off")
                    cursor.cursor.execute(f"EXPLAIN {sql}", params)
                    plans.append(str(cursor.cursor.fetchall()))
                    cursor.cursor.execute("RESET enable_seqscan")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(explain):
            settling.settle("default", [receipt(delivery, "sent")])
            settling.settle("default", [by_message(delivery)])
        assert len(plans) == 4
        assert not [plan for plan in plans if "Seq Scan" in plan]
