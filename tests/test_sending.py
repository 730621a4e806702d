from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache

from sms_verification import breaker, delivery, storage
from sms_verification.exceptions import DeliveryFailed, SendLimited
from sms_verification.models import Delivery, Outcome, PhoneNumber, Verification
from sms_verification.sending import resend_at
from sms_verification.transactions import Lost
from sms_verification.types import Client, SmsMessage
from sms_verification.verifications import check, resend, start
from tests.factories import VerificationFactory
from tests.phones import ALICE, right_code
from tests.vendors import accepting, crawling, refusing, silent

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
COOLDOWN = timedelta(seconds=65)
Outbox = list[SmsMessage]

OPERATORS = [
    "unsupported_destination",
    "configuration",
    "credentials",
    "balance",
    "content",
    "unavailable",
]
PERSONS = ["invalid_number", "rate_limited", "opted_out"]


def _outcomes() -> list[tuple[str, str]]:
    rows = Delivery.objects.order_by("requested_at", "id")
    return [(row.provider, row.outcome) for row in rows]


@pytest.fixture
def two(settings: Any) -> Any:
    """Two providers on one route; a test says what the vendors do."""

    def choose(first: dict[str, Any], second: dict[str, Any]) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": first, "backup": second}
        settings.SMS_VERIFICATION_ROUTES = {"+": ["default", "backup"]}

    return choose


class TestRefusedByAll:
    @pytest.mark.parametrize("reason", OPERATORS)
    def test_is_a_failure_and_gives_the_cooldown_back(
        self, settings: Any, outbox: Outbox, reason: str
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": refusing(reason)}
        with pytest.raises(DeliveryFailed):
            start(ALICE, "register")
        settings.SMS_VERIFICATION_PROVIDERS = {"default": accepting()}
        start(ALICE, "register")
        assert len(outbox) == 1

    def test_closes_what_nobody_can_know_the_code_of(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": refusing()}
        with pytest.raises(DeliveryFailed):
            start(ALICE, "register")
        verification = Verification.objects.get()
        assert verification.checks_left == 0
        assert check(verification.pk, right_code(verification.pk)) is None

    def test_is_on_record(self, two: Any) -> None:
        two(refusing("balance", "E1"), refusing("content", "E2"))
        with pytest.raises(DeliveryFailed):
            start(ALICE, "register")
        rows = Delivery.objects.order_by("requested_at", "id")
        assert [
            (row.provider, row.outcome, row.reason, row.vendor_code) for row in rows
        ] == [
            ("default", "rejected", "balance", "E1"),
            ("backup", "rejected", "content", "E2"),
        ]

    def test_gives_back_no_more_than_its_own(
        self, settings: Any, clock: time_machine.Traveller
    ) -> None:
        start(ALICE, "register")
        clock.shift(65)
        settings.SMS_VERIFICATION_PROVIDERS = {"default": refusing()}
        with pytest.raises(DeliveryFailed):
            start(ALICE, "register")
        assert PhoneNumber.objects.get().sent_at == [NOON.timestamp()]

    def test_of_a_resend_leaves_the_first_code_good(
        self, settings: Any, clock: time_machine.Traveller
    ) -> None:
        verification = start(ALICE, "register")
        clock.shift(65)
        settings.SMS_VERIFICATION_PROVIDERS = {"default": refusing()}
        for _ in range(2):
            with pytest.raises(DeliveryFailed):
                resend(verification.pk)
        assert check(verification.pk, right_code(verification.pk)) == verification

    def test_keeps_the_cooldown_where_the_row_does_not_hold_still(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def lose(*args: Any, **kwargs: Any) -> None:
            raise Lost

        monkeypatch.setattr(storage, "give_back", lose)
        settings.SMS_VERIFICATION_PROVIDERS = {"default": refusing()}
        with pytest.raises(DeliveryFailed):
            start(ALICE, "register")
        with pytest.raises(SendLimited):
            start(ALICE, "register")


class TestRefusedForThePersonsSake:
    @pytest.mark.parametrize("reason", PERSONS)
    def test_asks_no_other_provider_and_gives_nothing_back(
        self, two: Any, outbox: Outbox, reason: str
    ) -> None:
        two(refusing(reason), accepting())
        verification = start(ALICE, "register")
        assert verification.latest_delivery is not None
        assert verification.latest_delivery.outcome == "rejected"
        assert (_outcomes(), outbox) == ([("default", "rejected")], [])
        with pytest.raises(SendLimited):
            start(ALICE, "register")

    def test_is_not_gone_round_by_a_resend(
        self, two: Any, clock: time_machine.Traveller, outbox: Outbox
    ) -> None:
        two(refusing("opted_out"), accepting())
        verification = start(ALICE, "register")
        clock.shift(65)
        resend(verification.pk)
        assert _outcomes() == [("default", "rejected"), ("default", "rejected")]
        assert outbox == []


class TestRefusedByOne:
    @pytest.mark.parametrize("reason", OPERATORS)
    def test_goes_by_the_other_with_the_same_code(
        self, two: Any, outbox: Outbox, reason: str
    ) -> None:
        two(refusing(reason), accepting())
        verification = start(ALICE, "register")
        assert _outcomes() == [("default", "rejected"), ("backup", "accepted")]
        assert [m.code for m in outbox] == [right_code(verification.pk)]
        with pytest.raises(SendLimited):
            start(ALICE, "register")


class TestUnknown:
    def test_is_never_sent_again_by_the_program(self, two: Any, outbox: Outbox) -> None:
        two(silent(), accepting())
        start(ALICE, "register")
        assert (_outcomes(), outbox) == ([("default", "unknown")], [])

    def test_keeps_the_cooldown_and_the_code(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": silent()}
        verification = start(ALICE, "register")
        with pytest.raises(SendLimited):
            start(ALICE, "register")
        assert check(verification.pk, right_code(verification.pk)) == verification

    def test_goes_by_the_next_provider_when_the_person_asks(
        self, two: Any, clock: time_machine.Traveller, outbox: Outbox
    ) -> None:
        two(silent(), accepting())
        verification = start(ALICE, "register")
        clock.shift(65)
        resend(verification.pk)
        assert _outcomes() == [("default", "unknown"), ("backup", "accepted")]
        assert len(outbox) == 1


class TestOverTheDeadline:
    @pytest.fixture(autouse=True)
    def _soon(self, monkeypatch: pytest.MonkeyPatch, two: Any) -> None:
        monkeypatch.setattr(delivery, "ROUTE_DEADLINE", timedelta(milliseconds=20))
        two(crawling(0.03), accepting())

    def test_it_is_a_failure_after_which_the_person_may_try_at_once(self) -> None:
        for _ in range(2):
            with pytest.raises(DeliveryFailed):
                start(ALICE, "register")
        assert PhoneNumber.objects.get().sent_at == []
        assert _outcomes() == [("default", "rejected")] * 2

    def test_a_client_that_hammers_is_stopped_by_its_own_limits(
        self, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["2/h"]}
        client = Client(address="203.0.113.7")
        for _ in range(2):
            with pytest.raises(DeliveryFailed):
                start(ALICE, "register", client)
        with pytest.raises(SendLimited):
            start(ALICE, "register", client)

    def test_the_breaker_lets_the_other_be_asked_first(self, outbox: Outbox) -> None:
        for _ in range(breaker.FAILURES):
            with pytest.raises(DeliveryFailed):
                start(ALICE, "register")
        start(ALICE, "register")
        assert _outcomes()[-1] == ("backup", "accepted")
        assert len(outbox) == 1


class TestInTrouble:
    """A provider that keeps failing is asked last, and the row says so from the start."""

    @pytest.fixture(autouse=True)
    def _trouble(self, clock: time_machine.Traveller) -> None:
        for _ in range(breaker.FAILURES):
            breaker.note("default", Outcome.UNKNOWN, "", timedelta(0))

    def test_it_is_not_waited_for(self, two: Any, outbox: Outbox) -> None:
        two(silent(), accepting())
        start(ALICE, "register")
        assert (_outcomes(), len(outbox)) == ([("backup", "accepted")], 1)

    def test_it_is_the_last_resort(self, two: Any, outbox: Outbox) -> None:
        two(accepting(), refusing())
        start(ALICE, "register")
        assert sorted(_outcomes()) == [("backup", "rejected"), ("default", "accepted")]
        assert len(outbox) == 1

    def test_it_is_asked_where_it_is_alone(self, outbox: Outbox) -> None:
        start(ALICE, "register")
        assert (_outcomes(), len(outbox)) == ([("default", "accepted")], 1)

    def test_it_is_tried_again(self, two: Any, clock: time_machine.Traveller) -> None:
        two(accepting(), accepting())
        start(ALICE, "register")
        clock.shift(65)
        start(ALICE, "register")
        assert _outcomes() == [("backup", "accepted"), ("default", "accepted")]

    def test_a_resend_goes_round_it(
        self, two: Any, clock: time_machine.Traveller
    ) -> None:
        two(accepting(), accepting())
        verification = start(ALICE, "register")
        clock.shift(65)
        for _ in range(breaker.FAILURES):
            breaker.note("default", Outcome.UNKNOWN, "", timedelta(0))
        resend(verification.pk)
        assert _outcomes() == [("backup", "accepted")] * 2

    def test_a_resend_without_a_delivery_on_record_goes_round_it(
        self, two: Any
    ) -> None:
        two(accepting(), accepting())
        resend(VerificationFactory().pk)
        assert _outcomes() == [("backup", "accepted")]

    def test_a_refusal_for_the_persons_sake_stays_where_it_was(
        self, two: Any, clock: time_machine.Traveller, outbox: Outbox
    ) -> None:
        two(accepting(), refusing("rate_limited"))
        verification = start(ALICE, "register")
        clock.shift(65)
        for _ in range(breaker.FAILURES):
            breaker.note("backup", Outcome.UNKNOWN, "", timedelta(0))
        resend(verification.pk)
        assert _outcomes() == [("backup", "rejected")] * 2
        assert outbox == []

    def test_nobody_is_in_trouble_by_a_cache_that_is_down(
        self, two: Any, settings: Any, outbox: Outbox
    ) -> None:
        two(refusing(), accepting())
        settings.CACHES = {"default": {"BACKEND": "tests.test_breaker.DeadCache"}}
        start(ALICE, "register")
        assert sorted(_outcomes()) == [("backup", "accepted"), ("default", "rejected")]
        assert len(outbox) == 1

    def test_nobody_is_once_the_cache_is_flushed(self, two: Any) -> None:
        two(accepting(), accepting())
        cache.clear()
        start(ALICE, "register")
        assert _outcomes() == [("default", "accepted")]

    def test_a_refused_start_does_not_look(
        self, two: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        two(accepting(), accepting())
        start(ALICE, "register")
        looks: list[Any] = []
        monkeypatch.setattr(breaker, "left_out", looks.append)
        with pytest.raises(SendLimited):
            start(ALICE, "register")
        assert looks == []


class TestNextProvider:
    def test_takes_turns(self, two: Any, clock: time_machine.Traveller) -> None:
        two(accepting(), accepting())
        verification = start(ALICE, "register")
        for seconds in (65, 65):
            clock.shift(seconds)
            resend(verification.pk)
        providers = [provider for provider, _ in _outcomes()]
        assert providers == ["default", "backup", "default"]

    def test_falls_back_to_the_first(
        self, two: Any, clock: time_machine.Traveller, outbox: Outbox
    ) -> None:
        two(accepting(), refusing())
        verification = start(ALICE, "register")
        clock.shift(65)
        resend(verification.pk)
        providers = [provider for provider, _ in _outcomes()]
        assert sorted(providers) == ["backup", "default", "default"]
        assert len(outbox) == 2

    def test_is_the_first_where_no_delivery_is_on_record(self, two: Any) -> None:
        two(accepting(), accepting())
        resend(VerificationFactory().pk)
        assert _outcomes() == [("default", "accepted")]


class TestResendAt:
    def _at(self, minutes: float = 0, **row: Any) -> datetime | None:
        verification = VerificationFactory(created_at=NOON, **row)
        return resend_at(verification, NOON + minutes * MINUTE)

    def _sent(self, *minutes: float) -> list[float]:
        return [(NOON + m * MINUTE).timestamp() for m in minutes]

    def test_is_the_end_of_the_cooldown(self) -> None:
        sent_at = self._sent(0)
        assert self._at(phone_number__sent_at=sent_at) == NOON + COOLDOWN

    def test_is_now_once_that_is_over(self) -> None:
        sent_at = self._sent(0)
        assert self._at(2, phone_number__sent_at=sent_at) == NOON + 2 * MINUTE

    @pytest.mark.parametrize("until", ["locked_until", "blocked_until"])
    def test_is_not_before_the_end_of(self, until: str) -> None:
        end = {f"phone_number__{until}": NOON + 3 * MINUTE}
        assert self._at(**end) == NOON + 3 * MINUTE

    def test_is_none_where_the_code_has_expired_by_then(self) -> None:
        sent_at = self._sent(-30, -20, -10, -1, 0)
        assert self._at(phone_number__sent_at=sent_at) is None

    @pytest.mark.parametrize(
        "over",
        [{"checks_left": 0}, {"approved_at": NOON}, {"expires_at": NOON + MINUTE}],
    )
    def test_is_none_for_what_is_over(self, over: dict[str, Any]) -> None:
        assert self._at(1, **{"expires_at": NOON + 5 * MINUTE, **over}) is None

    @pytest.mark.parametrize(("minutes", "possible"), [(8, True), (8.1, False)])
    def test_leaves_two_minutes_for_typing(
        self, minutes: float, possible: bool
    ) -> None:
        at = self._at(minutes, expires_at=NOON + 10 * MINUTE)
        assert (at is not None) == possible
