from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import transaction

from sms_verification.exceptions import (
    InTransaction,
    LockedOut,
    NotFound,
    NotPending,
    SendLimited,
)
from sms_verification.models import Delivery, PhoneNumber, Verification
from sms_verification.types import Client, SmsMessage
from sms_verification.verifications import check, resend, start
from tests.factories import VerificationFactory
from tests.phones import ALICE, BOB, mistyped, right_code

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
COOLDOWN = timedelta(seconds=65)
Outbox = list[SmsMessage]


class TestResend:
    def test_sends_the_same_code_again(
        self, clock: time_machine.Traveller, outbox: Outbox
    ) -> None:
        verification = start(ALICE, "register")
        clock.shift(65)
        assert resend(verification.pk) == verification
        assert [message.phone_number for message in outbox] == [ALICE, ALICE]
        assert outbox[0].code == outbox[1].code
        assert outbox[0].delivery_id != outbox[1].delivery_id

    def test_keeps_the_one_right_code(self, clock: time_machine.Traveller) -> None:
        """A7: SMS overtake each other, so the first must not be dead on arrival."""
        verification = start(ALICE, "register")
        first = right_code(verification.pk)
        clock.shift(65)
        resend(verification.pk)
        assert check(verification.pk, first) == verification

    def test_gives_no_check_back(self, clock: time_machine.Traveller) -> None:
        verification = start(ALICE, "register")
        check(verification.pk, mistyped(right_code(verification.pk)))
        clock.shift(65)
        assert resend(verification.pk).checks_left == 4
        assert Verification.objects.get().checks_left == 4

    def test_records_a_delivery_of_its_own(self, clock: time_machine.Traveller) -> None:
        verification = start(ALICE, "register")
        clock.shift(65)
        resend(verification.pk)
        requested = Delivery.objects.order_by("requested_at")
        assert [row.requested_at for row in requested] == [NOON, NOON + COOLDOWN]
        assert verification.deliveries.filter(outcome="accepted").count() == 2

    def test_tells_the_provider_how_long_the_code_lives(
        self, clock: time_machine.Traveller, outbox: Outbox
    ) -> None:
        verification = start(ALICE, "register")
        clock.shift(65)
        resend(verification.pk)
        clock.move_to(NOON + 6 * MINUTE - timedelta(seconds=30))
        resend(verification.pk)
        lives = [message.lifetime.total_seconds() for message in outbox]
        assert lives == [300, 300, 270]


class TestExpiry:
    @pytest.mark.parametrize(
        ("resent", "expires"),
        [
            ([2], 7),
            ([2, 4], 9),
            ([4, 8], 10),
            ([4, 6], 10),
        ],
    )
    def test_moves_to_five_minutes_from_now_and_never_past_ten(
        self, clock: time_machine.Traveller, resent: list[int], expires: int
    ) -> None:
        verification = start(ALICE, "register")
        for minute in resent:
            clock.move_to(NOON + minute * MINUTE)
            resend(verification.pk)
        assert Verification.objects.get().expires_at == NOON + expires * MINUTE

    @pytest.mark.parametrize("seconds", [0, -1])
    def test_is_followed_by_every_check(
        self, clock: time_machine.Traveller, seconds: int
    ) -> None:
        """A10, at the edge of the longest life."""
        verification = start(ALICE, "register")
        for minute in (4, 8):
            clock.move_to(NOON + minute * MINUTE)
            resend(verification.pk)
        code = right_code(verification.pk)
        clock.move_to(NOON + timedelta(minutes=10, seconds=seconds))
        assert (check(verification.pk, code) is not None) == (seconds < 0)

    def test_two_minutes_are_left_for_typing(
        self, clock: time_machine.Traveller, outbox: Outbox
    ) -> None:
        verification = start(ALICE, "register")
        clock.move_to(NOON + 4 * MINUTE)
        resend(verification.pk)
        clock.move_to(NOON + timedelta(minutes=8, seconds=1))
        with pytest.raises(NotPending):
            resend(verification.pk)
        assert len(outbox) == 2

    def test_is_never_moved_back(
        self, settings: Any, clock: time_machine.Traveller
    ) -> None:
        verification = start(ALICE, "register")
        settings.SMS_VERIFICATION_CODE_LIFETIME = 2 * MINUTE
        clock.shift(65)
        assert resend(verification.pk).expires_at == NOON + 5 * MINUTE

    def test_of_a_host_s_short_life_still_allows_a_resend(
        self, settings: Any, clock: time_machine.Traveller
    ) -> None:
        settings.SMS_VERIFICATION_CODE_LIFETIME = timedelta(seconds=90)
        verification = start(ALICE, "register")
        clock.shift(65)
        assert resend(verification.pk).expires_at == NOON + timedelta(seconds=155)


class TestRefusals:
    def test_an_unknown_id_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            resend(uuid4())

    @pytest.mark.parametrize(
        "row",
        [
            {"expires_at": NOON},
            {"checks_left": 0},
            {"approved_at": NOON},
            {"approved_at": NOON, "used_at": NOON},
        ],
    )
    def test_a_dead_one_is_not_pending(
        self, clock: Any, outbox: Outbox, row: dict[str, Any]
    ) -> None:
        verification = VerificationFactory(created_at=NOON - 2 * MINUTE, **row)
        before = PhoneNumber.objects.values().get()
        with pytest.raises(NotPending):
            resend(verification.pk)
        assert PhoneNumber.objects.values().get() == before
        assert outbox == []

    def test_a_transaction_of_the_caller_s_is_refused(self, outbox: Outbox) -> None:
        verification = VerificationFactory()
        with transaction.atomic(), pytest.raises(InTransaction):
            resend(verification.pk)
        assert outbox == []

    def test_a_locked_number_gets_no_sms(self, outbox: Outbox, clock: Any) -> None:
        verification = VerificationFactory(
            phone_number__locked_until=NOON + timedelta(hours=1)
        )
        with pytest.raises(LockedOut):
            resend(verification.pk)
        assert outbox == []

    def test_a_client_past_its_limit_is_refused(
        self, settings: Any, outbox: Outbox
    ) -> None:
        settings.SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["1/h"]}
        verification = VerificationFactory()
        client = Client(address="203.0.113.9")
        start(BOB, "register", client)
        with pytest.raises(SendLimited):
            resend(verification.pk, client)
        assert len(outbox) == 1


class TestLimits:
    def test_are_shared_with_start(self, clock: time_machine.Traveller) -> None:
        verification = start(ALICE, "register")
        with pytest.raises(SendLimited) as caught:
            resend(verification.pk)
        assert caught.value.retry_after == COOLDOWN
        clock.shift(65)
        resend(verification.pk)
        with pytest.raises(SendLimited):
            start(ALICE, "login")

    def test_cooldowns_grow_over_both(self, clock: time_machine.Traveller) -> None:
        waits = []
        verification = start(ALICE, "register")
        for _ in range(3):
            with pytest.raises(SendLimited) as caught:
                resend(verification.pk)
            waits.append(caught.value.retry_after.total_seconds())
            clock.shift(caught.value.retry_after)
            resend(verification.pk)
        assert waits == [65, 65, 120]
        clock.shift(299)
        with pytest.raises(SendLimited) as caught:
            start(ALICE, "register")
        assert caught.value.retry_after == timedelta(seconds=1)

    def test_refused_ones_spend_nothing(self, clock: time_machine.Traveller) -> None:
        verification = start(ALICE, "register")
        for _ in range(20):
            with pytest.raises(SendLimited):
                resend(verification.pk)
        clock.shift(65)
        resend(verification.pk)
        assert PhoneNumber.objects.get().sends == 2
