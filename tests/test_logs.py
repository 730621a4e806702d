from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

import pytest

from sms_verification import signals
from sms_verification.models import Delivery, Verification

ID = UUID("019b8d3f-5a7c-7e21-b4c0-d1e2f3a4b5c6")
EVENT = {
    "sender": Verification,
    "verification_id": ID,
    "purpose": "login",
    "phone_number": "+86138****8000",
}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO, "sms_verification")
    return caplog


class TestLines:
    """R25: each event, for whom, and why."""

    def test_of_a_start(self, log: Any) -> None:
        signals.verification_started.send(**EVENT)
        assert log.record_tuples == [
            (
                "sms_verification",
                logging.INFO,
                f"Started: login for +86138****8000 ({ID}).",
            )
        ]

    def test_of_an_approval(self, log: Any) -> None:
        signals.verification_approved.send(**EVENT)
        assert log.messages == [f"Approved: login for +86138****8000 ({ID})."]

    def test_of_a_wrong_code(self, log: Any) -> None:
        signals.check_failed.send(**EVENT, checks_left=4)
        assert log.messages == [
            f"Wrong code (4 checks left): login for +86138****8000 ({ID})."
        ]

    def test_of_an_accepted_delivery(self, log: Any) -> None:
        signals.delivery_recorded.send(
            **{**EVENT, "sender": Delivery},
            provider="default",
            outcome="accepted",
            reason="",
        )
        assert log.messages == [
            f"Accepted by default: login for +86138****8000 ({ID})."
        ]

    def test_of_a_refused_delivery(self, log: Any) -> None:
        signals.delivery_recorded.send(
            **{**EVENT, "sender": Delivery},
            provider="backup",
            outcome="rejected",
            reason="balance",
        )
        assert log.messages == [
            f"Rejected (balance) by backup: login for +86138****8000 ({ID})."
        ]

    @pytest.mark.parametrize(
        ("code", "said"), [("DELIVRD", "Delivered (DELIVRD)"), ("", "Delivered")]
    )
    def test_of_a_receipt(self, log: Any, code: str, said: str) -> None:
        signals.receipt_recorded.send(
            **{**EVENT, "sender": Delivery},
            provider="default",
            receipt="delivered",
            receipt_code=code,
        )
        assert log.messages == [f"{said} by default: login for +86138****8000 ({ID})."]
