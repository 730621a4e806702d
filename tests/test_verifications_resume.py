"""A client that starts again has lost nothing: it gets back what it holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from sms_verification.exceptions import SendLimited
from sms_verification.models import Verification
from sms_verification.types import Client, SmsMessage
from sms_verification.verifications import check, start
from tests.factories import UserFactory, VerificationFactory
from tests.phones import ALICE, BOB, mistyped, right_code

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
Outbox = list[SmsMessage]


def _holder(verification: Verification, **who: Any) -> Client:
    return Client(verification_id=verification.pk, **who)


class TestResume:
    def test_returns_the_pending_one_and_sends_nothing(self, outbox: Outbox) -> None:
        first = start(ALICE, "register")
        assert start(ALICE, "register", _holder(first)) == first
        assert len(outbox) == 1
        assert Verification.objects.count() == 1

    def test_changes_no_row(self, clock: time_machine.Traveller) -> None:
        first = start(ALICE, "register")
        check(first.pk, mistyped(right_code(first.pk)))
        before = Verification.objects.values().get()
        clock.shift(30)
        assert start(ALICE, "register", _holder(first)).checks_left == 4
        assert Verification.objects.values().get() == before

    def test_costs_none_of_the_client_s_starts(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["1/h"]}
        first = start(ALICE, "register", Client(address="203.0.113.9"))
        for _ in range(3):
            start(ALICE, "register", _holder(first, address="203.0.113.9"))

    def test_works_for_the_user_who_began_it(self, outbox: Outbox) -> None:
        user = UserFactory()
        first = start(ALICE, "change_phone", Client(user_pk=user.pk))
        assert start(ALICE, "change_phone", _holder(first, user_pk=user.pk)) == first
        assert len(outbox) == 1


class TestNoResume:
    """Whatever is not the client's own pending one is a new start, limits and all."""

    def test_by_another_client(self) -> None:
        start(ALICE, "register")
        with pytest.raises(SendLimited):
            start(ALICE, "register", Client())

    def test_of_an_unknown_id(self, outbox: Outbox) -> None:
        start(ALICE, "register", Client(verification_id=uuid4()))
        assert len(outbox) == 1

    def test_of_another_number(self, outbox: Outbox) -> None:
        first = start(ALICE, "register")
        second = start(BOB, "register", _holder(first))
        assert second != first
        assert second.phone_number.number == outbox[1].phone_number == BOB

    def test_of_another_purpose(self) -> None:
        first = start(ALICE, "register")
        with pytest.raises(SendLimited):
            start(ALICE, "login", _holder(first))

    def test_of_another_user_s(self, outbox: Outbox) -> None:
        first = VerificationFactory(
            purpose="change_phone", user=UserFactory(), phone_number__number=ALICE
        )
        client = _holder(first, user_pk=UserFactory().pk)
        assert start(ALICE, "change_phone", client) != first
        assert len(outbox) == 1

    @pytest.mark.parametrize(
        "row",
        [{"expires_at": NOON}, {"checks_left": 0}, {"approved_at": NOON}],
    )
    def test_of_one_that_is_over(
        self, clock: Any, outbox: Outbox, row: dict[str, Any]
    ) -> None:
        first = VerificationFactory(
            phone_number__number=ALICE, created_at=NOON - timedelta(minutes=5), **row
        )
        assert start(ALICE, "register", _holder(first)) != first
        assert len(outbox) == 1
