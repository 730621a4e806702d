"""SMS that a worker sends, some time after somebody asked for them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from sms_verification import breaker, storage
from sms_verification.dispatch import by_worker
from sms_verification.exceptions import (
    DeliveryFailed,
    InTransaction,
    SendLimited,
    UnknownPurpose,
)
from sms_verification.ids import uuid7
from sms_verification.models import Delivery, Outcome, PhoneNumber, Verification
from sms_verification.transactions import Lost
from sms_verification.types import SmsMessage
from sms_verification.verifications import check, resend, start
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import ALICE, BOB, mistyped, right_code
from tests.queues import Worker, tasks
from tests.vendors import accepting, refusing, silent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
Outbox = list[SmsMessage]
Clock = time_machine.Traveller


def outcomes() -> list[tuple[str, str, str]]:
    rows = Delivery.objects.order_by("requested_at", "id")
    return list(rows.values_list("provider", "outcome", "vendor_code"))


@pytest.fixture
def two(settings: Any) -> Any:
    def choose(first: dict[str, Any], second: dict[str, Any]) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": first, "backup": second}
        settings.SMS_VERIFICATION_ROUTES = {"+": ["default", "backup"]}

    return choose


class TestQueued:
    def test_waits_for_a_worker(self, worker: Worker, outbox: Outbox) -> None:
        verification = start(ALICE, "register")
        assert (outcomes(), outbox) == ([("default", "queued", "")], [])
        assert verification.latest_delivery is not None
        assert verification.latest_delivery.outcome == "queued"
        worker.work()
        assert outcomes() == [("default", "accepted", "")]
        assert [m.code for m in outbox] == [right_code(verification.pk)]
        assert check(verification.pk, outbox[0].code) == verification

    def test_is_an_id_to_the_queue_and_nothing_else(self, worker: Worker) -> None:
        verification = start(ALICE, "register")
        ((task, args, kwargs),) = worker.tasks
        assert (args, kwargs) == ((Delivery.objects.get().pk.hex,), {})
        text = json.dumps([task.module_path, args])
        assert text.startswith('["sms_verification.queue_task.deliver", ["')
        assert right_code(verification.pk) not in text
        assert ALICE[3:] not in text

    def test_is_sent_once_however_often_the_task_comes(
        self, worker: Worker, outbox: Outbox
    ) -> None:
        start(ALICE, "register")
        held = worker.tasks.pop()
        for _ in range(3):
            worker.run(held)
        assert len(outbox) == 1

    def test_is_sent_by_whoever_claims_it_first(
        self, worker: Worker, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        start(ALICE, "register")
        claim = storage.claim

        def too_late(row: Delivery, at: datetime) -> bool:
            Delivery.objects.update(outcome=Outcome.UNKNOWN)
            return claim(row, at)

        monkeypatch.setattr(storage, "claim", too_late)
        worker.work()
        assert (outcomes(), outbox) == ([("default", "unknown", "")], [])

    def test_may_have_left_once_it_is_claimed(
        self, worker: Worker, settings: Any, clock: Clock
    ) -> None:
        """A worker that is killed in between leaves that behind."""
        settings.SMS_VERIFICATION_PROVIDERS = {"default": silent()}
        start(ALICE, "register")
        clock.shift(3)
        worker.work()
        row = Delivery.objects.get()
        assert (row.outcome, row.vendor_code) == ("unknown", "timeout")
        assert row.requested_at == NOON + timedelta(seconds=3)

    def test_is_no_more_where_its_row_is_gone(self, outbox: Outbox) -> None:
        by_worker(uuid7())
        assert outbox == []

    def test_tells_receivers_when_it_is_sent(
        self, worker: Worker, told: list[dict[str, Any]]
    ) -> None:
        start(ALICE, "register")
        assert [event["name"] for event in told] == ["started"]
        worker.work()
        assert [event["name"] for event in told] == ["started", "delivered"]

    def test_is_not_sent_inside_of_a_transaction(
        self, worker: Worker, outbox: Outbox
    ) -> None:
        start(ALICE, "register")
        with transaction.atomic(), pytest.raises(InTransaction):
            worker.work()
        assert (outcomes(), outbox) == ([("default", "queued", "")], [])

    def test_waits_for_the_purpose_that_a_deployment_lost(
        self, worker: Worker, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {"vote": {"SIGNED_IN": False}}
        start(ALICE, "vote")
        settings.SMS_VERIFICATION_PURPOSES = {}
        with pytest.raises(UnknownPurpose):
            worker.work()
        assert outcomes() == [("default", "queued", "")]


class TestRoute:
    def test_fails_over(self, worker: Worker, two: Any, outbox: Outbox) -> None:
        two(refusing(), accepting())
        start(ALICE, "register")
        worker.work()
        assert sorted(outcomes()) == [
            ("backup", "accepted", ""),
            ("default", "rejected", ""),
        ]
        assert len(outbox) == 1

    def test_of_a_resend_goes_on_behind_the_last_one(
        self, worker: Worker, two: Any, clock: Clock, outbox: Outbox
    ) -> None:
        two(accepting(), accepting())
        verification = start(ALICE, "register")
        worker.work()
        clock.shift(65)
        resend(verification.pk)
        worker.work()
        assert outcomes() == [("default", "accepted", ""), ("backup", "accepted", "")]
        assert outbox[0].code == outbox[1].code

    def test_goes_by_who_is_in_trouble_by_then(
        self, worker: Worker, settings: Any
    ) -> None:
        routes = ["default", "b", "c"]
        settings.SMS_VERIFICATION_PROVIDERS = {
            "default": refusing(),
            "b": accepting(),
            "c": accepting(),
        }
        settings.SMS_VERIFICATION_ROUTES = {"+": routes}
        start(ALICE, "register")
        for _ in range(breaker.FAILURES):
            breaker.note("b", Outcome.UNKNOWN, "", timedelta(0))
        worker.work()
        assert sorted(outcomes()) == [
            ("c", "accepted", ""),
            ("default", "rejected", ""),
        ]

    def test_of_a_provider_that_is_gone_goes_by_the_others(
        self, worker: Worker, settings: Any, outbox: Outbox
    ) -> None:
        start(ALICE, "register")
        settings.SMS_VERIFICATION_PROVIDERS = {"new": accepting()}
        settings.SMS_VERIFICATION_ROUTES = {"+": ["new"]}
        worker.work()
        assert sorted(outcomes()) == [
            ("default", "rejected", ""),
            ("new", "accepted", ""),
        ]
        assert len(outbox) == 1


class TestRefusedByAll:
    @pytest.fixture(autouse=True)
    def _refusing(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": refusing()}

    def test_gives_the_cooldown_back_and_closes_it(self, worker: Worker) -> None:
        verification = start(ALICE, "register")
        worker.work()
        verification.refresh_from_db()
        assert verification.checks_left == 0
        assert PhoneNumber.objects.get().sent_at == []
        start(ALICE, "register")

    def test_of_a_resend_leaves_the_first_code_good(
        self, worker: Worker, settings: Any, clock: Clock
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": accepting()}
        verification = start(ALICE, "register")
        worker.work()
        settings.SMS_VERIFICATION_PROVIDERS = {"default": refusing()}
        clock.shift(65)
        resend(verification.pk)
        worker.work()
        assert PhoneNumber.objects.get().sent_at == [NOON.timestamp()]
        assert check(verification.pk, right_code(verification.pk)) == verification

    def test_after_a_wait_gives_it_back_too(self, worker: Worker, clock: Clock) -> None:
        start(ALICE, "register")
        clock.shift(30)
        worker.work()
        assert PhoneNumber.objects.get().sent_at == []

    def test_where_a_purpose_needs_an_account_tells_nothing(
        self, worker: Worker
    ) -> None:
        PhoneNumberFactory(number=ALICE, user=UserFactory())
        verification = start(ALICE, "login")
        worker.work()
        assert outcomes() == [("default", "rejected", "")]
        assert PhoneNumber.objects.get().sent_at == [NOON.timestamp()]
        verification.refresh_from_db()
        assert verification.is_pending(timezone.now())


class TestWithheld:
    def test_for_a_number_without_account(self, worker: Worker, outbox: Outbox) -> None:
        start(ALICE, "login")
        assert outcomes() == [("default", "queued", "")]
        worker.work()
        assert (outcomes(), outbox) == ([("default", "withheld", "")], [])

    def test_not_for_one_that_has_one_by_then(
        self, worker: Worker, outbox: Outbox
    ) -> None:
        start(ALICE, "login")
        PhoneNumber.objects.update(user=UserFactory())
        worker.work()
        assert len(outbox) == 1

    def test_for_a_test_number(
        self, worker: Worker, settings: Any, outbox: Outbox
    ) -> None:
        entry = {"secret_code": "246801", "until": date(2026, 1, 5)}
        settings.SMS_VERIFICATION_TEST_NUMBERS = {ALICE: entry}
        verification = start(ALICE, "register")
        worker.work()
        assert (outcomes(), outbox) == ([("default", "withheld", "")], [])
        assert check(verification.pk, "246801") == verification

    @pytest.mark.parametrize(
        "meanwhile",
        [{"approved_at": NOON}, {"checks_left": 0}, {"expires_at": NOON}],
    )
    def test_for_an_attempt_that_is_over(
        self, worker: Worker, outbox: Outbox, meanwhile: dict[str, Any]
    ) -> None:
        verification = start(ALICE, "register")
        created_at = NOON - timedelta(minutes=5)
        rows = Verification.objects.filter(pk=verification.pk)
        rows.update(created_at=created_at, **meanwhile)
        worker.work()
        assert (outcomes(), outbox) == ([("default", "withheld", "late")], [])

    @pytest.mark.parametrize("until", ["blocked_until", "locked_until"])
    def test_for_a_number_that_is_closed(
        self, worker: Worker, outbox: Outbox, until: str
    ) -> None:
        start(ALICE, "register")
        PhoneNumber.objects.update(**{until: NOON + timedelta(minutes=1)})
        worker.work()
        assert (outcomes(), outbox) == ([("default", "withheld", "late")], [])


class TestLate:
    """Invariant 3: one SMS in a cooldown, also by workers that stood still."""

    def test_of_two_the_newer_is_sent(
        self, worker: Worker, clock: Clock, outbox: Outbox
    ) -> None:
        verification = start(ALICE, "register")
        clock.shift(65)
        resend(verification.pk)
        worker.work()
        assert [outcome for _, outcome, _ in outcomes()] == ["withheld", "accepted"]
        assert len(outbox) == 1

    @pytest.mark.parametrize(("seconds", "counted_at"), [(5, 0), (5.1, 5.1), (40, 40)])
    def test_counts_from_when_it_leaves(
        self, worker: Worker, clock: Clock, seconds: float, counted_at: float
    ) -> None:
        start(ALICE, "register")
        start(BOB, "register")
        clock.shift(seconds)
        worker.work()
        at = (NOON + timedelta(seconds=counted_at)).timestamp()
        assert [n.sent_at for n in PhoneNumber.objects.all()] == [[at], [at]]

    def test_keeps_the_whole_cooldown_after_it(
        self, worker: Worker, clock: Clock
    ) -> None:
        verification = start(ALICE, "register")
        clock.shift(40)
        worker.work()
        clock.shift(64)
        with pytest.raises(SendLimited):
            resend(verification.pk)
        clock.shift(1)
        resend(verification.pk)

    def test_counts_alike_without_account(self, worker: Worker, clock: Clock) -> None:
        start(ALICE, "login")
        clock.shift(40)
        worker.work()
        at = (NOON + timedelta(seconds=40)).timestamp()
        assert PhoneNumber.objects.get().sent_at == [at]

    def test_yields_to_one_that_is_asked_for_meanwhile(
        self,
        worker: Worker,
        clock: Clock,
        outbox: Outbox,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        verification = start(ALICE, "register")
        clock.shift(65)
        claim = storage.claim

        def after_a_resend(row: Delivery, at: datetime) -> bool:
            monkeypatch.setattr(storage, "claim", claim)
            resend(verification.pk)
            return claim(row, at)

        monkeypatch.setattr(storage, "claim", after_a_resend)
        worker.run(worker.tasks.pop(0))
        assert outbox == []
        worker.work()
        assert len(outbox) == 1
        assert sorted(o for _, o, _ in outcomes()) == ["accepted", "withheld"]

    def test_counts_nothing_that_staff_lifted(
        self, worker: Worker, clock: Clock, outbox: Outbox
    ) -> None:
        start(ALICE, "register")
        PhoneNumber.objects.update(sent_at=[])
        clock.shift(40)
        worker.work()
        assert len(outbox) == 1
        assert PhoneNumber.objects.get().sent_at == []


class TestQueueThatIsDown:
    @pytest.fixture(autouse=True)
    def _down(self, settings: Any) -> None:
        settings.TASKS = tasks("DeadBackend")
        settings.SMS_VERIFICATION_TASK_BACKEND = "default"

    @pytest.mark.parametrize("purpose", ["register", "login"])
    def test_is_a_failure_on_record_after_which_one_may_try_at_once(
        self, purpose: str, settings: Any
    ) -> None:
        for _ in range(2):
            with pytest.raises(DeliveryFailed):
                start(ALICE, purpose)
        assert outcomes() == [("default", "rejected", "queue")] * 2
        assert set(Delivery.objects.values_list("reason", flat=True)) == {"unavailable"}
        assert PhoneNumber.objects.get().sent_at == []
        assert set(Verification.objects.values_list("checks_left", flat=True)) == {0}

    def test_of_a_resend_leaves_the_first_code_good(
        self, settings: Any, clock: Clock
    ) -> None:
        settings.SMS_VERIFICATION_TASK_BACKEND = None
        verification = start(ALICE, "register")
        clock.shift(65)
        settings.SMS_VERIFICATION_TASK_BACKEND = "default"
        with pytest.raises(DeliveryFailed):
            resend(verification.pk)
        assert check(verification.pk, right_code(verification.pk)) == verification

    def test_keeps_its_brokers_address_to_itself(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        with pytest.raises(DeliveryFailed):
            start(ALICE, "register")
        assert "The queue did not take an SMS: ConnectionError." in caplog.messages
        assert "a-password" not in caplog.text

    def test_tells_receivers(self, told: list[dict[str, Any]]) -> None:
        with pytest.raises(DeliveryFailed):
            start(ALICE, "register")
        assert [event.get("outcome") for event in told] == [None, "rejected"]

    def test_is_no_failure_where_a_worker_has_it(
        self, settings: Any, outbox: Outbox
    ) -> None:
        settings.TASKS = tasks("HastyBackend")
        verification = start(ALICE, "register")
        assert (outcomes(), len(outbox)) == ([("default", "accepted", "")], 1)
        assert check(verification.pk, mistyped(outbox[0].code)) is None
        assert check(verification.pk, outbox[0].code) == verification

    def test_keeps_the_cooldown_where_the_row_does_not_hold_still(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def lose(*args: Any, **kwargs: Any) -> None:
            raise Lost

        monkeypatch.setattr(storage, "give_back", lose)
        with pytest.raises(DeliveryFailed):
            start(ALICE, "register")
        with pytest.raises(SendLimited):
            start(ALICE, "register")
