from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from sms_verification import breaker, delivery, registry, signals, storage
from sms_verification.exceptions import MessageRejected
from sms_verification.models import Delivery, Outcome, Verification
from sms_verification.providers.base import Provider
from sms_verification.transactions import Lost
from sms_verification.types import Reason, SentMessage, SmsMessage
from tests.factories import DeliveryFactory, VerificationFactory
from tests.vendors import accepting, crawling, refusing, silent

NUMBER = "+8613800138000"


class Answering(Provider):
    """Returns what no type checker has seen."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def send(self, message: SmsMessage) -> SentMessage:
        return self.answer  # type: ignore[no-any-return]


class Crashing(Provider):
    """Raises what an SDK raises, with all it knows in the text."""

    def __init__(self, error: type[BaseException] = ConnectionError) -> None:
        self.error = error

    def send(self, message: SmsMessage) -> SentMessage:
        raise self.error(f"https://vendor/?to={message.phone_number}&c={message.code}")


class OutOfQuota(MessageRejected):
    """A vendor's author has a word and a constructor of his own."""

    def __init__(self, *args: object) -> None:
        self.reason = "quota"  # type: ignore[assignment]


class Wordless(MessageRejected):
    def __init__(self, *args: object) -> None:
        pass


def answering(answer: object) -> dict[str, Any]:
    return {"BACKEND": "tests.test_delivery.Answering", "OPTIONS": {"answer": answer}}


def crashing(error: type[BaseException] = ConnectionError) -> dict[str, Any]:
    return {"BACKEND": "tests.test_delivery.Crashing", "OPTIONS": {"error": error}}


@pytest.fixture
def verification(db: None) -> Verification:
    return VerificationFactory(phone_number__number=NUMBER)


@pytest.fixture
def hand_over(
    settings: Any, verification: Verification, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Send by the providers in turn, and return whether another send makes sense."""
    # ``True`` and ``1`` are equal options, and would be one provider.
    monkeypatch.setattr(registry, "_built", {})

    def hand_over(**providers: dict[str, Any]) -> bool:
        settings.SMS_VERIFICATION_PROVIDERS = providers
        first, *_ = aliases = list(providers)
        row = DeliveryFactory(
            verification=verification, provider=first, outcome=Outcome.UNKNOWN
        )
        return delivery.hand_over(verification, row, aliases)

    return hand_over


def recorded() -> list[tuple[str, str, str, str]]:
    rows = Delivery.objects.order_by("requested_at")
    return list(rows.values_list("provider", "outcome", "reason", "vendor_code"))


class TestRecord:
    @pytest.mark.parametrize("fault", [Lost, DatabaseError])
    def test_that_fails_after_the_sms_left_is_no_failure_of_the_send(
        self,
        hand_over: Any,
        outbox: list[SmsMessage],
        monkeypatch: pytest.MonkeyPatch,
        fault: type[Exception],
    ) -> None:
        def fail(*args: Any) -> None:
            raise fault

        monkeypatch.setattr(storage, "record", fail)
        assert not hand_over(a=accepting(), b=accepting())
        assert len(outbox) == 1
        assert recorded() == [("a", "unknown", "", "")]


class TestAccepted:
    def test_ends_the_route(self, hand_over: Any, outbox: list[SmsMessage]) -> None:
        assert not hand_over(a=accepting(), b=accepting())
        assert recorded() == [("a", "accepted", "", "")]
        assert [message.phone_number for message in outbox] == [NUMBER]

    def test_is_recorded_with_what_the_vendor_said(
        self,
        hand_over: Any,
        verification: Verification,
        django_assert_num_queries: Any,
    ) -> None:
        hand_over(a=answering(SentMessage(message_id="m1", parts=2)))
        row = Delivery.objects.get()
        assert (row.outcome, row.message_id, row.parts) == ("accepted", "m1", 2)
        assert row.duration is not None
        assert timedelta(0) <= row.duration < timedelta(seconds=10)
        with django_assert_num_queries(0):
            assert verification.latest_delivery == row
            assert verification.latest_delivery.outcome == "accepted"

    def test_an_sms_carries_the_id_of_its_delivery(
        self, hand_over: Any, outbox: list[SmsMessage]
    ) -> None:
        hand_over(a=refusing(), b=accepting())
        assert outbox[0].delivery_id == Delivery.objects.get(provider="b").pk.hex


class TestRejected:
    @pytest.mark.parametrize(
        "reason",
        [
            "unsupported_destination",
            "configuration",
            "credentials",
            "balance",
            "content",
            "unavailable",
        ],
    )
    def test_for_the_operators_sake_goes_on(self, hand_over: Any, reason: str) -> None:
        assert not hand_over(a=refusing(reason, "E1"), b=accepting())
        assert recorded() == [
            ("a", "rejected", reason, "E1"),
            ("b", "accepted", "", ""),
        ]

    @pytest.mark.parametrize("reason", ["invalid_number", "rate_limited", "opted_out"])
    def test_for_the_persons_sake_ends_it(
        self, hand_over: Any, outbox: list[SmsMessage], reason: str
    ) -> None:
        assert not hand_over(a=refusing(reason), b=accepting())
        assert recorded() == [("a", "rejected", reason, "")]
        assert outbox == []

    def test_by_all_of_them_makes_another_send_sensible(self, hand_over: Any) -> None:
        assert hand_over(a=refusing("balance"), b=refusing("credentials"))
        assert recorded() == [
            ("a", "rejected", "balance", ""),
            ("b", "rejected", "credentials", ""),
        ]

    def test_the_next_one_gets_the_same_code(
        self, hand_over: Any, outbox: list[SmsMessage], verification: Verification
    ) -> None:
        hand_over(a=accepting())
        hand_over(b=refusing(), c=accepting())
        assert outbox[0].code == outbox[1].code
        assert len(outbox[0].code) == 6

    @pytest.mark.parametrize("error", [OutOfQuota, Wordless])
    def test_in_words_of_its_own_is_rejected_still(
        self, hand_over: Any, error: type[Exception]
    ) -> None:
        hand_over(a=crashing(error), b=accepting())
        assert recorded() == [
            ("a", "rejected", "unavailable", ""),
            ("b", "accepted", "", ""),
        ]

    def test_a_vendors_code_is_cut_to_its_column(self, hand_over: Any) -> None:
        hand_over(a=refusing("content", "isv.\x00\ud800\r\n" + "X" * 200))
        assert Delivery.objects.get().vendor_code == "isv." + "X" * 124

    def test_a_provider_that_cannot_be_built_is_the_operators(
        self, hand_over: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        hand_over(a={"BACKEND": "tests.nowhere.Provider"}, b=accepting())
        assert recorded() == [
            ("a", "rejected", "configuration", ""),
            ("b", "accepted", "", ""),
        ]
        assert (
            "Provider a cannot be built: SMS_VERIFICATION_PROVIDERS['a']: BACKEND:"
            " No module named 'tests.nowhere'"
        ) in caplog.messages

    def test_what_it_cannot_be_built_from_is_not_logged(
        self, hand_over: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Sentry reads the frames of what is logged with a traceback."""
        backend = "tests.test_delivery.Answering"
        hand_over(a={"BACKEND": backend, "OPTIONS": {"anwser": "an access key"}})
        (record,) = [r for r in caplog.records if "cannot be built" in r.getMessage()]
        assert "'answer'" in record.getMessage()
        assert record.exc_info is None
        assert "an access key" not in caplog.text

    def test_one_that_lacks_its_sdk_is_the_operators(
        self, hand_over: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It could not send, so nothing has left; its text may tell anything."""
        hand_over(a=crashing(ImproperlyConfigured), b=accepting())
        assert recorded() == [
            ("a", "rejected", "configuration", ""),
            ("b", "accepted", "", ""),
        ]
        assert "Provider a cannot send. sms_doctor tells why." in caplog.messages

    def test_without_its_key_a_code_is_asked_of_nobody(
        self, hand_over: Any, outbox: list[SmsMessage], verification: Verification
    ) -> None:
        verification.key_id = "gone"
        assert hand_over(a=accepting())
        assert recorded() == [("a", "rejected", "configuration", "key")]
        assert outbox == []


class TestDeadline:
    """A person waits: by then a vendor more would not be waited for."""

    @pytest.fixture(autouse=True)
    def _soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(delivery, "ROUTE_DEADLINE", timedelta(milliseconds=40))

    def test_asks_no_further_provider(
        self, hand_over: Any, outbox: list[SmsMessage]
    ) -> None:
        assert hand_over(a=refusing(), b=crawling(0.05), c=accepting())
        assert [row[:2] for row in recorded()] == [("a", "rejected"), ("b", "rejected")]
        assert outbox == []

    def test_lets_the_one_that_was_asked_answer(self, hand_over: Any) -> None:
        assert not hand_over(a=crawling(0.05, accepts=True), b=accepting())
        assert recorded() == [("a", "accepted", "", "")]

    def test_says_nothing_of_an_unknown_outcome(self, hand_over: Any) -> None:
        assert not hand_over(a=silent(), b=accepting())


class TestBreaker:
    """What it counts is its own test's; here that each hand-over comes to it."""

    def test_is_told_of_each_provider_that_fails(self, hand_over: Any) -> None:
        for _ in range(breaker.FAILURES):
            hand_over(a=refusing("balance"), b=silent())
        assert breaker.left_out(["a", "b"]) == {"a", "b"}

    def test_is_told_how_long_it_took(
        self, hand_over: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(breaker, "SLOW", timedelta(milliseconds=5))
        for _ in range(breaker.FAILURES):
            hand_over(a=crawling(0.01, accepts=True), b=accepting())
        assert breaker.left_out(["a", "b"]) == {"a"}

    def test_comes_after_the_record(
        self, hand_over: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A cache that hangs must not keep the truth from the table."""
        seen: list[Any] = []
        monkeypatch.setattr(breaker, "note", lambda *_: seen.append(recorded()))
        hand_over(a=accepting())
        assert seen == [[("a", "accepted", "", "")]]


class TestUnknown:
    """The SMS may have left: nobody else may be asked (invariant 8)."""

    def test_a_timeout_ends_the_route(
        self, hand_over: Any, outbox: list[SmsMessage]
    ) -> None:
        assert not hand_over(a=silent(), b=accepting())
        assert recorded() == [("a", "unknown", "", "timeout")]
        assert outbox == []

    def test_so_does_a_crash(self, hand_over: Any, outbox: list[SmsMessage]) -> None:
        assert not hand_over(a=crashing(), b=accepting())
        assert recorded() == [("a", "unknown", "", "ConnectionError")]
        assert outbox == []

    def test_what_a_crash_says_is_not_logged(
        self, hand_over: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        hand_over(a=crashing())
        assert "Provider a raised ConnectionError." in caplog.messages
        assert "https://vendor/" not in caplog.text

    @pytest.mark.parametrize("answer", [None, True, "ok", {"message_id": "m1"}, 200])
    def test_so_does_an_answer_of_another_type(
        self, hand_over: Any, outbox: list[SmsMessage], answer: object
    ) -> None:
        assert not hand_over(a=answering(answer), b=accepting())
        assert recorded() == [("a", "unknown", "", "")]
        assert outbox == []

    def test_so_does_an_answer_that_cannot_be_read(self, hand_over: Any) -> None:
        class Unreadable:
            def __str__(self) -> str:
                raise LookupError

        answer = SentMessage(message_id=Unreadable())  # type: ignore[arg-type]
        assert not hand_over(a=answering(answer), b=accepting())
        assert recorded() == [("a", "unknown", "", "LookupError")]

    def test_a_process_that_ends_meanwhile_claims_nothing(self, hand_over: Any) -> None:
        with pytest.raises(KeyboardInterrupt):
            hand_over(a=crashing(KeyboardInterrupt), b=accepting())
        assert recorded() == [("a", "unknown", "", "")]


class TestFields:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("m1", "m1"),
            (None, ""),
            (42, "42"),
            ("x" * 200, "x" * 128),
            ("m\x001\ud800\n", "m1"),
        ],
    )
    def test_a_message_id_fits_its_column(
        self, hand_over: Any, given: Any, kept: str
    ) -> None:
        hand_over(a=answering(SentMessage(message_id=given)))
        row = Delivery.objects.get()
        assert (row.outcome, row.message_id) == ("accepted", kept)

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            (1, 1),
            (0, 0),
            (32767, 32767),
            (32768, None),
            (-1, None),
            ("2", None),
            (1.5, None),
            (True, None),
        ],
    )
    def test_parts_fit_theirs(self, hand_over: Any, given: Any, kept: Any) -> None:
        hand_over(a=answering(SentMessage(parts=given)))
        row = Delivery.objects.get()
        assert (row.outcome, row.parts) == ("accepted", kept)


class TestWithhold:
    def test_is_on_record_and_sends_nothing(
        self, verification: Verification, outbox: list[SmsMessage]
    ) -> None:
        row = DeliveryFactory(verification=verification, outcome=Outcome.UNKNOWN)
        delivery.withhold(verification, row)
        assert recorded() == [("default", "withheld", "", "")]
        assert verification.latest_delivery == row
        assert outbox == []


class TestSignal:
    @pytest.fixture
    def events(self) -> Any:
        events: list[dict[str, Any]] = []

        def receive(**event: Any) -> None:
            events.append(event)

        signals.delivery_recorded.connect(receive)
        yield events
        signals.delivery_recorded.disconnect(receive)

    def test_tells_of_each_provider_and_masks_the_number(
        self, hand_over: Any, verification: Verification, events: list[dict[str, Any]]
    ) -> None:
        hand_over(a=refusing("balance"), b=accepting())
        common = {
            "signal": signals.delivery_recorded,
            "sender": Delivery,
            "verification_id": verification.pk,
            "purpose": "register",
            "phone_number": "+86138****8000",
        }
        assert events == [
            {**common, "provider": "a", "outcome": "rejected", "reason": "balance"},
            {**common, "provider": "b", "outcome": "accepted", "reason": ""},
        ]
        assert {type(e["outcome"]) for e in events} == {str}
        assert {type(e["reason"]) for e in events} == {str}

    def test_a_receiver_that_fails_stops_nothing(
        self, hand_over: Any, outbox: list[SmsMessage]
    ) -> None:
        def fail(**event: Any) -> None:
            raise RuntimeError

        signals.delivery_recorded.connect(fail)
        try:
            hand_over(a=refusing(Reason.BALANCE), b=accepting())
        finally:
            signals.delivery_recorded.disconnect(fail)
        assert len(outbox) == 1
