from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from io import StringIO
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
import time_machine
from demo import history
from demo.story import Story
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models import Model
from django.utils import timezone

from sms_verification import limits, phone_numbers
from sms_verification.models import (
    Delivery,
    Outcome,
    PhoneNumber,
    Status,
    Verification,
)
from sms_verification.types import Reason
from tests.factories import VerificationFactory

NOW = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)
# In Shanghai.
MIDNIGHT = datetime(2026, 3, 18, 16, tzinfo=UTC)

EXAMPLES = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"]

# Secrets, which are never the same.
SECRETS = {"salt", "password"}


@cache
def told_at(now: datetime) -> list[Story]:
    """Tell it once for all tests, which only read it."""
    return history.tell(now)


@pytest.fixture
def stories() -> list[Story]:
    return told_at(NOW)


@pytest.fixture
def verifications(stories: list[Story]) -> list[Verification]:
    return [verification for story in stories for verification in story.verifications]


@pytest.fixture
def deliveries(stories: list[Story]) -> list[Delivery]:
    return [delivery for story in stories for delivery in story.deliveries]


class TimeTests:
    @pytest.mark.parametrize("now", [NOW, MIDNIGHT, MIDNIGHT - timedelta(minutes=1)])
    def test_it_ends_now_and_begins_weeks_ago(self, now: datetime) -> None:
        moments = [at for at in _moments(told_at(now)) if at is not None]
        assert max(moments) <= now
        assert max(moments) > now - timedelta(minutes=5)
        assert now - timedelta(days=31) < min(moments) < now - timedelta(days=25)

    # Early on, some people have not come yet.
    @pytest.mark.parametrize("hour", range(0, 24, 3))
    def test_every_number_has_a_past(self, hour: int) -> None:
        stories = told_at(MIDNIGHT + timedelta(hours=hour, minutes=5))
        assert all(story.verifications for story in stories)

    def test_people_sleep_at_night(self, verifications: list[Verification]) -> None:
        hours = Counter(timezone.localtime(v.created_at).hour for v in verifications)
        night, evening = range(1, 6), range(18, 23)
        assert 5 * sum(hours[h] for h in night) < sum(hours[h] for h in evening)

    def test_no_limit_was_overstepped(self, stories: list[Story]) -> None:
        for story in stories:
            *before, last = story.number.sent_at or [0]
            assert limits.send_wait(before, datetime.fromtimestamp(last, UTC)) is None

    def test_each_wrong_code_has_its_time(
        self, verifications: list[Verification]
    ) -> None:
        for verification in verifications:
            left = 5 - len(verification.failed_at)
            closed = verification.checks_left == 0 and left == 5
            assert verification.checks_left == left or closed
            assert verification.failed_at == sorted(verification.failed_at)

    def test_a_code_was_right_while_it_was_pending(
        self, verifications: list[Verification]
    ) -> None:
        approved = [v for v in verifications if v.approved_at]
        for verification in approved:
            at, used_at = verification.approved_at, verification.used_at
            assert verification.checks_left > 0
            assert verification.created_at < at < verification.expires_at
            assert used_at is None or at < used_at < at + timedelta(minutes=10)

    def test_receipts_come_after_what_they_are_for(
        self, deliveries: list[Delivery]
    ) -> None:
        receipts = [delivery for delivery in deliveries if delivery.receipt]
        assert {d.receipt for d in receipts} == {"delivered", "undelivered"}
        for delivery in receipts:
            assert delivery.received_at is not None
            assert delivery.received_at > delivery.requested_at
            assert delivery.receipt_code


class PeopleTests:
    def test_numbers_are_such_as_take_sms(self, stories: list[Story]) -> None:
        numbers = [story.number.number for story in stories]
        assert len(set(numbers)) == len(numbers)
        assert [n for n in numbers if phone_numbers.parse(n) != n] == []
        assert [n for n in numbers if not phone_numbers.takes_sms(n)] == []
        assert {n[:3] for n in numbers} == {"+86", "+12", "+46", "+49", "+61"}

    def test_the_number_of_the_walk_through_is_left_alone(
        self, stories: list[Story]
    ) -> None:
        assert "+8613800138000" not in {story.number.number for story in stories}

    def test_addresses_are_kept_for_examples(self, stories: list[Story]) -> None:
        networks = [ip_network(network) for network in EXAMPLES]
        for story in stories:
            address = ip_address(story.person.address)
            assert any(address in network for network in networks)

    def test_numbers_have_owners(self, stories: list[Story]) -> None:
        owners = [story.user.username for story in stories if story.user]
        assert len(owners) > 150
        assert len(set(owners)) == len(owners)
        assert all(s.number.verified_at for s in stories if s.user)

    def test_who_changed_to_a_number_was_signed_in(
        self, verifications: list[Verification]
    ) -> None:
        changes = [v for v in verifications if v.purpose == "change_phone"]
        assert changes
        for verification in changes:
            assert verification.user is verification.phone_number.user is not None

    def test_a_number_is_locked(self, stories: list[Story]) -> None:
        [story] = [s for s in stories if s.number.locked_until]
        assert story.number.locked_until > NOW
        assert story.number.failed_checks == 100
        assert sum(len(v.failed_at) for v in story.verifications) == 100

    def test_a_number_is_blocked_with_a_reason(self, stories: list[Story]) -> None:
        [number] = [s.number for s in stories if s.number.blocked_until]
        assert number.blocked_until > NOW
        assert number.block_reason


class DeliveryTests:
    def test_each_outcome_and_reason_is_there(self, deliveries: list[Delivery]) -> None:
        assert {d.provider for d in deliveries} == {"default", "backup"}
        # The example sends in the request: nothing of its past waits in a queue.
        assert {d.outcome for d in deliveries} == set(Outcome) - {Outcome.QUEUED}
        reasons = {delivery.reason for delivery in deliveries}
        assert reasons == {"", *set(Reason) - {Reason.UNSUPPORTED_DESTINATION}}

    @pytest.mark.parametrize(
        "answer",
        [
            ("default", "isv.BUSINESS_LIMIT_CONTROL"),
            ("backup", "LimitExceeded.PhoneNumberDailyLimit"),
        ],
    )
    def test_vendors_speak_their_own_words(
        self, answer: tuple[str, str], deliveries: list[Delivery]
    ) -> None:
        assert answer in {(d.provider, d.vendor_code) for d in deliveries}

    def test_the_next_provider_is_asked_only_where_it_may_be(
        self, deliveries: list[Delivery]
    ) -> None:
        # One after the other within a second is a failover; a resend has to wait.
        over = [
            (first.reason, second.outcome)
            for first, second in itertools.pairwise(deliveries)
            if first.verification is second.verification
            and second.requested_at - first.requested_at < timedelta(seconds=1)
        ]
        assert ("balance", Outcome.ACCEPTED) in over
        assert [r for r, _ in over if not r or Reason(r).protects_the_person] == []


class TellTests:
    def test_it_is_the_same_each_time(self, stories: list[Story]) -> None:
        assert _values(history.tell(NOW)) == _values(stories)

    def test_it_is_as_much_as_a_small_site_has(
        self, stories: list[Story], verifications: list[Verification]
    ) -> None:
        assert 190 <= len(stories) <= 230
        assert 1300 <= len(verifications) <= 1700
        purposes = {verification.purpose for verification in verifications}
        assert purposes == {"register", "login", "reset_password", "change_phone"}


@pytest.mark.django_db
class CommandTests:
    def test_it_is_made_once(self, verifications: list[Verification]) -> None:
        told = len(verifications)
        with time_machine.travel(NOW, tick=False):
            assert _made() == f"Made {told} verifications.\n"
            _assert_sound()
            assert _made() == "There is a history already.\n"
        assert Verification.objects.count() == told

    def test_an_old_database_is_left_alone(self) -> None:
        VerificationFactory()
        assert _made() == "There is a history already.\n"
        assert Verification.objects.count() == 1


def _made() -> str:
    printed = StringIO()
    call_command("make_history", stdout=printed)
    return printed.getvalue()


def _assert_sound() -> None:
    """The database has held its constraints; the models hold their own."""
    rows = Verification.objects.with_status(NOW)
    statuses = Counter(rows.values_list("derived_status", flat=True))
    assert statuses.keys() == set(Status)
    assert statuses["used"] > sum(statuses.values()) / 2
    owned = PhoneNumber.objects.exclude(user=None)
    assert owned.count() == User.objects.filter(is_staff=False).count() > 150
    [entry] = LogEntry.objects.all()
    assert entry.get_edited_object().blocked_until > NOW > entry.action_time
    assert entry.user.username == "support"
    for model in (PhoneNumber, Verification, Delivery):
        for row in model._default_manager.all()[::17]:
            row.full_clean()


def _values(stories: list[Story]) -> list[Any]:
    return [
        [_row(row) for row in (s.number, s.user, *s.verifications, *s.deliveries)]
        for s in stories
    ]


def _row(row: Model | None) -> dict[str, Any]:
    shown = {} if row is None else vars(row)
    return {k: v for k, v in shown.items() if k not in SECRETS and k[0] != "_"}


def _moments(stories: list[Story]) -> Iterator[datetime | None]:
    for story in stories:
        for verification in story.verifications:
            yield verification.created_at
            yield verification.approved_at
            yield verification.used_at
        for delivery in story.deliveries:
            yield delivery.requested_at
            yield delivery.received_at
