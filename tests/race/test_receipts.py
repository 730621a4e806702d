"""Receipts in parallel: pushes of the same batch, and one before its send's answer."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from sms_verification import settling, signals, storage, transactions
from sms_verification.models import Delivery, Outcome
from sms_verification.types import Receipt, ReceiptStatus
from tests.factories import DeliveryFactory, VerificationFactory
from tests.race.crowd import Crowd
from tests.race.databases import Variant
from tests.race.test_threads import heard

SENT, DELIVERED, UNDELIVERED = ReceiptStatus

# Few vendors push with more hands than this.
PUSHES = 6


def batch(deliveries: list[Delivery], status: ReceiptStatus) -> list[Receipt]:
    return [
        Receipt(status=status, code=status, delivery_id=delivery.pk.hex)
        for delivery in deliveries
    ]


class PushesTests:
    @pytest.mark.parametrize("statuses", [(DELIVERED, DELIVERED), tuple(ReceiptStatus)])
    def test_in_parallel_store_each_word_once(
        self, database: Variant, crowd: Crowd, statuses: tuple[ReceiptStatus, ...]
    ) -> None:
        verification = VerificationFactory.create()
        for _ in range(database.repetitions):
            rows = DeliveryFactory.create_batch(
                10, verification=verification, outcome=Outcome.UNKNOWN
            )
            pushes = []
            for push in range(PUSHES):
                # Every other one the other way round.
                order = rows if push % 2 else rows[::-1]
                told = batch(order, statuses[push % len(statuses)])
                pushes.append(partial(settling.settle, "default", told))
            with heard(signals.receipt_recorded) as news:
                counts = crowd.run(pushes)
            stored = Delivery.objects.filter(pk__in=[row.pk for row in rows])
            finals = [(row.outcome, row.receipt, row.receipt_code) for row in stored]
            assert all(outcome == "accepted" for outcome, _r, _c in finals)
            assert all(r == code != SENT for _o, r, code in finals)
            assert sum(counts) == len(news)
            words = Counter(event["receipt"] for event in news)
            assert words[DELIVERED] + words[UNDELIVERED] == len(rows)
            assert words[SENT] <= len(rows)


class EarlyTests:
    @pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.ACCEPTED])
    def test_beside_the_answer_of_its_send_is_not_undone(
        self, database: Variant, crowd: Crowd, outcome: Outcome
    ) -> None:
        verification = VerificationFactory.create()
        for _ in range(database.repetitions):
            row = DeliveryFactory.create(
                verification=verification, outcome=Outcome.UNKNOWN
            )
            answer: dict[str, Any] = {
                "outcome": outcome,
                "message_id": "1^0",
                "duration": timedelta(seconds=1),
            }
            record = partial(storage.record, row, answer)
            crowd.run(
                [
                    partial(transactions.retry, record),
                    partial(settling.settle, "default", batch([row], DELIVERED)),
                ]
            )
            row.refresh_from_db()
            assert (row.outcome, row.receipt) == ("accepted", "delivered")
            assert row.message_id == "1^0"
