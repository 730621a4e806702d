from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sms_verification.models import Outcome
from sms_verification.representations import represent, whole_seconds
from tests.factories import DeliveryFactory, VerificationFactory

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


class TestWholeSeconds:
    @pytest.mark.parametrize(
        ("seconds", "whole"), [(0, 0), (0.001, 1), (1, 1), (1.5, 2), (-3, 0)]
    )
    def test_are_rounded_up_and_never_negative(
        self, seconds: float, whole: int
    ) -> None:
        assert whole_seconds(timedelta(seconds=seconds)) == whole


@pytest.mark.django_db
class TestRepresent:
    @pytest.mark.parametrize(
        ("outcome", "told"),
        [
            ("queued", "pending"),
            ("unknown", "pending"),
            ("accepted", "accepted"),
            ("withheld", "accepted"),
            ("rejected", "failed"),
        ],
    )
    def test_tells_of_a_delivery_what_is_a_client_s_business(
        self, outcome: str, told: str
    ) -> None:
        verification = DeliveryFactory(outcome=outcome).verification
        assert represent(verification, NOON)["delivery"] == told

    @pytest.mark.parametrize("outcome", Outcome.values)
    @pytest.mark.parametrize(
        ("backend", "told"), [(None, "accepted"), ("default", "pending")]
    )
    # The last is one that the host has no longer.
    @pytest.mark.parametrize("purpose", ["login", "reset_password", "vote"])
    def test_tells_nothing_where_a_purpose_needs_an_account(
        self,
        settings: Any,
        django_assert_num_queries: Any,
        outcome: str,
        backend: str | None,
        told: str,
        purpose: str,
    ) -> None:
        settings.TASKS = {"default": {}}
        settings.SMS_VERIFICATION_TASK_BACKEND = backend
        verification = DeliveryFactory(
            outcome=outcome, verification__purpose=purpose
        ).verification
        with django_assert_num_queries(0):
            assert represent(verification, NOON)["delivery"] == told

    def test_what_came_too_late_has_failed(self) -> None:
        """Withheld too, but no test number's: the person waits for it."""
        verification = DeliveryFactory(
            outcome="withheld", vendor_code="late", verification__purpose="register"
        ).verification
        assert represent(verification, NOON)["delivery"] == "failed"

    def test_tells_no_more_than_a_client_needs(self) -> None:
        told = represent(VerificationFactory(created_at=NOON), NOON)
        assert list(told) == [
            *("id", "purpose", "phone_number", "code_length"),
            *("expires_at", "expires_in", "resend_at", "resend_in"),
            *("checks_left", "delivery"),
        ]

    @pytest.mark.parametrize(
        ("seconds", "left"), [(0, 300), (0.5, 299), (299.9, 0), (301, 0)]
    )
    def test_promises_no_second_too_many(self, seconds: float, left: int) -> None:
        verification = VerificationFactory(created_at=NOON)
        now = NOON + timedelta(seconds=seconds)
        assert represent(verification, now)["expires_in"] == left
