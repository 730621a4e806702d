from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache

from sms_verification import limits
from sms_verification.exceptions import LockedOut, SendLimited, TryLater
from sms_verification.models import PhoneNumber
from sms_verification.types import Client

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class DeadCache(BaseCache):
    """A server that is not there."""

    def __init__(self, *args: Any) -> None:
        super().__init__({})

    def add(self, *args: Any, **kwargs: Any) -> bool:
        raise ConnectionError("redis://:password@cache refused 203.0.113.7")


class ForgetfulCache(LocMemCache):
    """Neither takes a key nor has it, as a Memcached does that is not there."""

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return False


def ago(*seconds: float) -> list[float]:
    """Return a log of sends, the oldest first."""
    return [NOON.timestamp() - s for s in sorted(seconds, reverse=True)]


def charge(address: str | None = "203.0.113.7", action: str = "start") -> None:
    limits.charge(action, Client(address=address))


class TestCooldown:
    def test_an_unseen_number_waits_for_nothing(self) -> None:
        assert limits.send_wait([], NOON) is None

    @pytest.mark.parametrize(
        ("since", "wait"),
        [
            (0, 65 * SECOND),
            (64, SECOND),
            (64.9, timedelta(milliseconds=100)),
            (65, None),
            (66, None),
        ],
    )
    def test_ends_to_the_moment(self, since: float, wait: timedelta | None) -> None:
        """A23."""
        assert limits.send_wait(ago(since), NOON) == wait

    @pytest.mark.parametrize(
        ("sends", "seconds"), [(1, 65), (2, 65), (3, 120), (4, 300), (5, 600), (6, 600)]
    )
    def test_grows_with_the_sends_of_the_last_hour(
        self, settings: Any, sends: int, seconds: int
    ) -> None:
        settings.SMS_VERIFICATION_PHONE_NUMBER_LIMITS = []
        log = ago(*range(0, sends * 60, 60))
        assert limits.send_wait(log, NOON) == timedelta(seconds=seconds)

    def test_shrinks_when_sends_are_an_hour_old(self) -> None:
        assert limits.send_wait(ago(3599, 3598, 1), NOON) == 119 * SECOND
        assert limits.send_wait(ago(3600, 3600, 1), NOON) == 64 * SECOND

    def test_longer_than_an_hour_holds_all_the_same(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_RESEND_COOLDOWNS = [2 * HOUR]
        assert limits.send_wait(ago(5400), NOON) == timedelta(minutes=30)

    def test_after_a_clock_that_was_set_back_goes_by_the_latest(self) -> None:
        log = limits.with_send([NOON.timestamp()], NOON - 30 * SECOND)
        assert limits.send_wait(log, NOON - 30 * SECOND) == 95 * SECOND


class TestWindows:
    @pytest.mark.parametrize(
        ("oldest", "wait"),
        [(3604, SECOND), (3604.9, timedelta(milliseconds=100)), (3605, None)],
    )
    def test_slide_with_each_send(self, oldest: float, wait: timedelta | None) -> None:
        log = ago(oldest, 2500, 2000, 1500, 1000)
        assert limits.send_wait(log, NOON) == wait

    def test_count_back_from_the_latest(self) -> None:
        log = ago(3604, 3505, 2500, 2000, 1500, 1000)
        assert limits.send_wait(log, NOON) == timedelta(seconds=100)

    def test_are_not_full_one_send_before(self) -> None:
        assert limits.send_wait(ago(3500, 3000, 2500, 2000), NOON) is None

    def test_of_a_day_hold_after_those_of_an_hour(self) -> None:
        log = ago(*range(7200, 7200 + 10 * 3600, 3600))
        assert limits.send_wait(log, NOON) == DAY - timedelta(seconds=39595)

    def test_the_longest_wait_is_told(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PHONE_NUMBER_LIMITS = ["1/h", "1/2h", "1/m"]
        assert limits.send_wait(ago(61), NOON) == timedelta(seconds=7205 - 61)


class TestWithSend:
    def test_appends_this_one(self) -> None:
        assert limits.with_send(ago(90), NOON) == ago(90, 0)

    def test_forgets_what_no_window_sees(self) -> None:
        assert limits.with_send(ago(86406, 86405, 86404), NOON) == ago(86404, 0)

    def test_keeps_the_hour_that_cooldowns_grow_by(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PHONE_NUMBER_LIMITS = ["1/m"]
        assert limits.with_send(ago(3606, 3599), NOON) == ago(3599, 0)

    def test_leaves_the_log_that_it_was_given(self) -> None:
        log = ago(90)
        limits.with_send(log, NOON)
        assert log == ago(90)


class TestLockout:
    @pytest.mark.parametrize(
        ("failures", "lock"),
        [
            (1, None),
            (99, None),
            (100, DAY),
            (101, None),
            (104, None),
            (105, 2 * DAY),
            (110, 4 * DAY),
            (120, 16 * DAY),
            (125, 30 * DAY),
            (1000, 30 * DAY),
            (10**9, 30 * DAY),
        ],
    )
    def test_grows_up_to_a_month(self, failures: int, lock: timedelta | None) -> None:
        assert limits.lockout(failures, NOON) == (NOON + lock if lock else None)

    def test_begins_where_the_settings_say(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_LOCKOUT_AFTER = 3
        settings.SMS_VERIFICATION_LOCKOUT = MINUTE
        assert limits.lockout(2, NOON) is None
        assert limits.lockout(3, NOON) == NOON + MINUTE


class TestRefusals:
    def test_a_fresh_number_gets_both(self) -> None:
        limits.refuse_send(PhoneNumber(), NOON)
        limits.refuse_check(PhoneNumber(), NOON)

    def test_one_within_its_cooldown_gets_no_sms(self) -> None:
        with pytest.raises(SendLimited) as caught:
            limits.refuse_send(PhoneNumber(sent_at=ago(20)), NOON)
        assert caught.value.retry_after == 45 * SECOND

    def test_one_within_its_cooldown_gets_its_code_compared(self) -> None:
        limits.refuse_check(PhoneNumber(sent_at=ago(20)), NOON)

    def test_a_locked_one_gets_neither(self) -> None:
        number = PhoneNumber(locked_until=NOON + HOUR)
        for refuse in (limits.refuse_send, limits.refuse_check):
            with pytest.raises(LockedOut) as caught:
                refuse(number, NOON)
            assert caught.value.retry_after == HOUR

    def test_a_blocked_one_gets_neither(self) -> None:
        number = PhoneNumber(blocked_until=NOON + DAY, locked_until=NOON + HOUR)
        with pytest.raises(SendLimited) as sent:
            limits.refuse_send(number, NOON)
        with pytest.raises(LockedOut) as checked:
            limits.refuse_check(number, NOON)
        assert sent.value.retry_after == DAY
        assert checked.value.retry_after == DAY

    @pytest.mark.parametrize(
        ("rates", "told"), [(["5/h", "10/d"], DAY), (["1/m"], HOUR), ([], HOUR)]
    )
    def test_a_block_is_told_as_what_a_limit_could_be(
        self, settings: Any, rates: list[str], told: timedelta
    ) -> None:
        settings.SMS_VERIFICATION_PHONE_NUMBER_LIMITS = rates
        number = PhoneNumber(blocked_until=datetime.max.replace(tzinfo=UTC))
        for refuse in (limits.refuse_send, limits.refuse_check):
            with pytest.raises(TryLater) as caught:
                refuse(number, NOON)
            assert caught.value.retry_after == told

    def test_a_lock_is_told_to_its_end_whatever_the_block(self) -> None:
        number = PhoneNumber(
            blocked_until=NOON + 30 * DAY, locked_until=NOON + 20 * DAY
        )
        with pytest.raises(LockedOut) as caught:
            limits.refuse_check(number, NOON)
        assert caught.value.retry_after == 20 * DAY

    def test_both_end_to_the_moment(self) -> None:
        number = PhoneNumber(blocked_until=NOON, locked_until=NOON)
        limits.refuse_send(number, NOON)
        limits.refuse_check(number, NOON)


class TestNetwork:
    @pytest.mark.parametrize(
        ("address", "network"),
        [
            ("203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::", "2001:db8:1:3::/64"),
            (None, "unknown"),
        ],
    )
    def test_is_an_address_or_a_64(self, address: str | None, network: str) -> None:
        assert limits.network(address) == network


@pytest.fixture
def two_a_minute(settings: Any) -> Any:
    settings.SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["2/m"], "check": ["2/m"]}
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


class TestCharge:
    def test_lets_so_many_by_and_no_more(self, two_a_minute: Any) -> None:
        charge()
        charge()
        with pytest.raises(SendLimited) as caught:
            charge()
        assert timedelta(0) < caught.value.retry_after <= MINUTE

    def test_lets_in_whoever_waits_as_told(self, two_a_minute: Any) -> None:
        charge()
        charge()
        with pytest.raises(SendLimited) as caught:
            charge()
        two_a_minute.shift(caught.value.retry_after)
        charge()

    def test_tells_the_longest_wait(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["1/d", "1/m"]}
        with time_machine.travel(NOON, tick=False):
            charge()
            with pytest.raises(SendLimited) as caught:
                charge()
        assert caught.value.retry_after > MINUTE

    def test_of_too_many_checks_is_a_lock(self, two_a_minute: Any) -> None:
        charge(action="check")
        charge(action="check")
        with pytest.raises(LockedOut):
            charge(action="check")

    def test_counts_sends_and_checks_apart(self, two_a_minute: Any) -> None:
        charge()
        charge()
        charge(action="check")

    def test_counts_addresses_apart(self, two_a_minute: Any) -> None:
        charge("203.0.113.7")
        charge("203.0.113.7")
        charge("203.0.113.8")

    def test_counts_a_64_as_one(self, two_a_minute: Any) -> None:
        """A21."""
        charge("2001:db8:1:2::1")
        charge("2001:db8:1:2::2")
        with pytest.raises(SendLimited):
            charge("2001:db8:1:2:ffff:ffff:ffff:ffff")
        charge("2001:db8:1:3::1")

    def test_counts_all_without_an_address_as_one(
        self, two_a_minute: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        limits._warn_of_no_address.cache_clear()
        charge(None)
        charge(None)
        with pytest.raises(SendLimited):
            charge(None)
        warned = [r for r in caplog.records if r.levelno == logging.WARNING]
        assert len(warned) == 1
        assert "SMS_VERIFICATION_TRUSTED_PROXIES" in warned[0].getMessage()

    def test_does_not_touch_who_speaks_for_no_client(self, two_a_minute: Any) -> None:
        for _ in range(3):
            limits.charge("start", None)

    def test_can_be_switched_off(self, two_a_minute: Any, settings: Any) -> None:
        settings.RATELIMIT_ENABLE = False
        for _ in range(3):
            charge()


class TestCache:
    @pytest.fixture(params=["DeadCache", "ForgetfulCache"])
    def broken(self, settings: Any, request: pytest.FixtureRequest) -> None:
        backend = f"tests.test_limits.{request.param}"
        settings.CACHES = {**settings.CACHES, "broken": {"BACKEND": backend}}
        settings.RATELIMIT_USE_CACHE = "broken"

    @pytest.mark.usefixtures("broken")
    def test_that_is_down_lifts_none_where_the_host_s_own_limits_fail_open(
        self, settings: Any
    ) -> None:
        settings.RATELIMIT_FAIL_OPEN = True
        with pytest.raises(SendLimited):
            charge()

    @pytest.mark.usefixtures("broken")
    @pytest.mark.parametrize("action", ["start", "check"])
    def test_that_is_down_lifts_no_limit(self, action: str) -> None:
        """R26."""
        with pytest.raises(TryLater) as caught:
            charge(action=action)
        assert caught.value.retry_after == MINUTE

    def test_that_is_down_is_logged_without_the_address(
        self, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        backend = "tests.test_limits.DeadCache"
        settings.CACHES = {**settings.CACHES, "dead": {"BACKEND": backend}}
        settings.RATELIMIT_USE_CACHE = "dead"
        with pytest.raises(SendLimited):
            charge()
        assert set(caplog.messages) == {
            "Client limits need the cache: ConnectionError."
        }
