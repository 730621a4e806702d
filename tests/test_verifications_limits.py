from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache

from sms_verification.exceptions import LockedOut, SendLimited
from sms_verification.models import PhoneNumber
from sms_verification.types import Client, SmsMessage
from sms_verification.verifications import check, resend, start
from tests.factories import PhoneNumberFactory, VerificationFactory
from tests.phones import ALICE, BOB, mistyped, right_code

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
Outbox = list[SmsMessage]


class TestSends:
    """A23 to A25: in seconds, exact to the edge, and in the database."""

    def test_cooldowns_grow_with_the_sends_of_the_last_hour(
        self, settings: Any, clock: time_machine.Traveller, outbox: Outbox
    ) -> None:
        settings.SMS_VERIFICATION_PHONE_NUMBER_LIMITS = []
        waits = []
        for _ in range(7):
            start(ALICE, "register")
            with pytest.raises(SendLimited) as caught:
                start(ALICE, "register")
            waits.append(caught.value.retry_after.total_seconds())
            clock.shift(caught.value.retry_after)
        assert waits == [65, 65, 120, 300, 600, 600, 600]
        assert len(outbox) == 7

    @pytest.mark.parametrize(
        ("seconds", "sent"), [(0, 1), (1, 1), (64.9, 1), (65, 2), (66, 2)]
    )
    def test_cooldown_ends_at_its_second(
        self, clock: time_machine.Traveller, outbox: Outbox, seconds: float, sent: int
    ) -> None:
        start(ALICE, "register")
        clock.shift(seconds)
        if sent == 1:
            with pytest.raises(SendLimited):
                start(ALICE, "register")
        else:
            start(ALICE, "register")
        assert len(outbox) == sent

    def test_five_leave_in_an_hour(
        self, settings: Any, clock: time_machine.Traveller
    ) -> None:
        settings.SMS_VERIFICATION_RESEND_COOLDOWNS = [timedelta(minutes=1)]
        for _ in range(5):
            start(ALICE, "register")
            clock.shift(60)
        with pytest.raises(SendLimited) as caught:
            start(ALICE, "register")
        assert caught.value.retry_after == timedelta(minutes=55, seconds=5)
        clock.shift(caught.value.retry_after)
        start(ALICE, "register")

    def test_ten_leave_in_a_day(self, clock: time_machine.Traveller) -> None:
        for _ in range(10):
            start(ALICE, "register")
            clock.shift(timedelta(hours=1))
        with pytest.raises(SendLimited) as caught:
            start(ALICE, "register")
        assert caught.value.retry_after == timedelta(hours=14, seconds=5)
        clock.shift(caught.value.retry_after)
        start(ALICE, "register")

    def test_purposes_share_them(self) -> None:
        start(ALICE, "register")
        with pytest.raises(SendLimited):
            start(ALICE, "login")

    def test_numbers_do_not(self, outbox: Outbox) -> None:
        start(ALICE, "register")
        start(BOB, "register")
        assert len(outbox) == 2

    def test_losing_the_cache_lifts_none(self, outbox: Outbox) -> None:
        start(ALICE, "register", Client(address="203.0.113.9"))
        cache.clear()
        with pytest.raises(SendLimited):
            start(ALICE, "register", Client(address="203.0.113.9"))

    def test_a_clock_set_back_lifts_none(self, clock: time_machine.Traveller) -> None:
        start(ALICE, "register")
        clock.shift(timedelta(hours=-1))
        with pytest.raises(SendLimited) as caught:
            start(ALICE, "register")
        assert caught.value.retry_after == timedelta(hours=1, seconds=65)


class TestGuesses:
    """The failures of a number in a row, over all its verifications."""

    def _guess(self, times: int, **row: Any) -> None:
        for _ in range(times):
            number = PhoneNumber.objects.get(number=ALICE)
            verification = VerificationFactory(phone_number=number, **row)
            wrong = mistyped(right_code(verification.pk))
            assert check(verification.pk, wrong) is None

    def _refused(self) -> timedelta:
        number = PhoneNumber.objects.get(number=ALICE)
        verification = VerificationFactory(phone_number=number)
        with pytest.raises(LockedOut) as caught:
            check(verification.pk, right_code(verification.pk))
        verification.refresh_from_db()
        assert (verification.checks_left, verification.approved_at) == (5, None)
        return caught.value.retry_after

    def test_the_hundredth_in_a_row_locks_the_number(self, clock: Any) -> None:
        PhoneNumberFactory(number=ALICE, failed_checks=98)
        self._guess(2)
        assert self._refused() == timedelta(hours=24)

    def test_no_purpose_has_guesses_of_its_own(self, settings: Any, clock: Any) -> None:
        settings.SMS_VERIFICATION_LOCKOUT_AFTER = 6
        PhoneNumberFactory(number=ALICE)
        self._guess(2, purpose="login")
        self._guess(2, purpose="register")
        self._guess(2, purpose="reset_password")
        assert self._refused() == timedelta(hours=24)

    def test_a_resend_gives_none_back(
        self, settings: Any, clock: time_machine.Traveller
    ) -> None:
        settings.SMS_VERIFICATION_LOCKOUT_AFTER = 6
        verification = start(ALICE, "register")
        wrong = mistyped(right_code(verification.pk))
        for _ in range(4):
            check(verification.pk, wrong)
        clock.shift(65)
        assert resend(verification.pk).checks_left == 1
        check(verification.pk, wrong)
        assert check(verification.pk, right_code(verification.pk)) is None
        clock.shift(65)
        again = start(ALICE, "register")
        check(again.pk, mistyped(right_code(again.pk)))
        assert self._refused() == timedelta(hours=24)

    def test_a_lock_grows_with_what_is_guessed_after_it(
        self, clock: time_machine.Traveller
    ) -> None:
        PhoneNumberFactory(number=ALICE, failed_checks=99)
        self._guess(1)
        locks = []
        for _ in range(6):
            lock = self._refused()
            locks.append(lock.days)
            clock.shift(lock)
            self._guess(5)
        assert locks == [1, 2, 4, 8, 16, 30]

    def test_a_lock_ends_at_its_second(self, clock: time_machine.Traveller) -> None:
        until = NOON + timedelta(hours=24)
        number = PhoneNumberFactory(number=ALICE, failed_checks=100, locked_until=until)
        clock.shift(timedelta(hours=24, seconds=-1))
        assert self._refused() == timedelta(seconds=1)
        clock.shift(1)
        verification = VerificationFactory(phone_number=number)
        assert check(verification.pk, right_code(verification.pk)) == verification

    def test_a_lock_holds_back_sends_too(self) -> None:
        PhoneNumberFactory(number=ALICE, failed_checks=99)
        self._guess(1)
        with pytest.raises(LockedOut):
            start(ALICE, "register")

    def test_a_right_code_resets_the_count(self) -> None:
        number = PhoneNumberFactory(number=ALICE, failed_checks=99)
        verification = VerificationFactory(phone_number=number)
        assert check(verification.pk, right_code(verification.pk)) == verification
        self._guess(2)
        number.refresh_from_db()
        assert (number.failed_checks, number.locked_until) == (2, None)

    def test_a_blocked_number_compares_nothing(self, clock: Any) -> None:
        PhoneNumberFactory(number=ALICE, blocked_until=NOON + timedelta(days=1))
        assert self._refused() == timedelta(days=1)

    def test_a_client_past_its_limit_is_locked_out(
        self, settings: Any, clock: Any
    ) -> None:
        settings.SMS_VERIFICATION_CLIENT_LIMITS = {"check": ["2/h"]}
        first, second = VerificationFactory(), VerificationFactory()
        client = Client(address="203.0.113.9")
        check(first.pk, mistyped(right_code(first.pk)), client)
        check(second.pk, mistyped(right_code(second.pk)), client)
        with pytest.raises(LockedOut):
            check(second.pk, right_code(second.pk), client)
        second.refresh_from_db()
        assert (second.checks_left, second.approved_at) == (4, None)
