"""What the old number is told when an account leaves it for another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone, translation

from sms_verification import notices
from sms_verification.exceptions import MessageRejected, UnknownPurpose
from sms_verification.models import Delivery, PhoneNumber, Status, Verification
from sms_verification.providers.base import Provider
from sms_verification.providers.locmem import LocmemProvider
from sms_verification.providers.templates import Templates
from sms_verification.types import Client, Reason, SentMessage, SmsMessage
from sms_verification.verifications import check, resend, start
from tests.factories import PhoneNumberFactory
from tests.phones import ALICE

pytestmark = pytest.mark.django_db

CLIENT = Client(language="zh-hans")


class CodesOnly(LocmemProvider):
    """A vendor whose templates are for codes."""

    def has_notice(self, notice: str, *, mainland: bool) -> bool:
        return False


class Refusing(LocmemProvider):
    def send(self, message: SmsMessage) -> SentMessage:
        raise MessageRejected(Reason.UNAVAILABLE)


@pytest.fixture
def number() -> PhoneNumber:
    number: PhoneNumber = PhoneNumberFactory(number=ALICE)
    return number


def by(settings: Any, *providers: type[Provider]) -> None:
    aliases = [f"p{n}" for n in range(len(providers))]
    settings.SMS_VERIFICATION_PROVIDERS = {
        alias: {"BACKEND": f"{p.__module__}.{p.__name__}"}
        for alias, p in zip(aliases, providers, strict=True)
    }
    settings.SMS_VERIFICATION_ROUTES = {"+": aliases}


def until(number: PhoneNumber, closed: str) -> None:
    later = timezone.now() + timedelta(hours=1)
    PhoneNumber.objects.filter(pk=number.pk).update(**{closed: later})


def tell(number: PhoneNumber) -> None:
    notices.tell(number, notices.PHONE_CHANGED, CLIENT)


class TestTell:
    def test_says_it_without_a_code(
        self, number: PhoneNumber, outbox: list[SmsMessage]
    ) -> None:
        tell(number)
        (sms,) = outbox
        assert (sms.phone_number, sms.code) == (ALICE, "")
        assert (sms.purpose, sms.language) == ("phone_changed", "zh-hans")

    def test_is_on_record(self, number: PhoneNumber) -> None:
        tell(number)
        row = Delivery.objects.get()
        assert (row.outcome, row.verification.purpose) == ("accepted", "phone_changed")
        assert row.verification.phone_number == number

    def test_counts_as_an_sms_to_the_number(self, number: PhoneNumber) -> None:
        tell(number)
        tell(number)
        number.refresh_from_db()
        assert len(number.sent_at) == number.sends == 2

    def test_is_nothing_that_could_be_checked_or_sent_again(
        self, number: PhoneNumber
    ) -> None:
        tell(number)
        pk = Verification.objects.get().pk
        assert check(pk, "") is None
        assert check(pk, "000000") is None
        with pytest.raises(Exception, match="Start anew"):
            resend(pk)
        found = Verification.objects.with_status(Verification.objects.get().created_at)
        assert found.get().derived_status == Status.EXHAUSTED

    def test_that_fails_is_on_record_and_raises_nothing(
        self, number: PhoneNumber, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        by(settings, Refusing)
        tell(number)
        assert Delivery.objects.get().outcome == "rejected"
        assert ALICE not in caplog.text
        assert "could not be sent" in caplog.text

    def test_fails_over(
        self, number: PhoneNumber, settings: Any, outbox: list[SmsMessage]
    ) -> None:
        by(settings, Refusing, LocmemProvider)
        tell(number)
        assert len(outbox) == 1

    def test_reaches_a_number_whose_checks_somebody_has_locked(
        self, number: PhoneNumber, outbox: list[SmsMessage], clock: Any
    ) -> None:
        until(number, "locked_until")
        tell(number)
        assert len(outbox) == 1

    def test_does_not_go_to_a_number_that_staff_blocked(
        self, number: PhoneNumber, outbox: list[SmsMessage], clock: Any
    ) -> None:
        until(number, "blocked_until")
        tell(number)
        assert outbox == []


class TestThatCannotBeSent:
    """What it tells of is done: the answer to that must not fail."""

    @pytest.mark.parametrize(
        "routes", [{"+44": ["britain"]}, {"+86": ["unbuilt"], "+44": ["britain"]}]
    )
    def test_is_left_out(
        self,
        number: PhoneNumber,
        settings: Any,
        outbox: list[SmsMessage],
        routes: dict[str, list[str]],
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            "britain": {"BACKEND": "sms_verification.providers.locmem.LocmemProvider"},
            "unbuilt": {"BACKEND": "mysite.NoProvider"},
        }
        settings.SMS_VERIFICATION_ROUTES = routes
        tell(number)
        assert outbox == []

    def test_leaves_it_to_the_next_provider(
        self, number: PhoneNumber, settings: Any, outbox: list[SmsMessage]
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            "default": {"BACKEND": "mysite.NoProvider"},
            "backup": {"BACKEND": "sms_verification.providers.locmem.LocmemProvider"},
        }
        settings.SMS_VERIFICATION_ROUTES = {"+": ["default", "backup"]}
        tell(number)
        assert len(outbox) == 1

    def test_for_want_of_the_database_tells_its_class_alone(
        self, number: PhoneNumber, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(execute: Any, sql: str, parameters: Any, *rest: Any) -> Any:
            raise OperationalError(f"{parameters} {ALICE}")

        with connection.execute_wrapper(fail):
            tell(number)
        assert "could not be sent: OperationalError." in caplog.text
        assert ALICE not in caplog.text


class TestWithoutTemplate:
    def test_nothing_is_sent(
        self, number: PhoneNumber, settings: Any, outbox: list[SmsMessage]
    ) -> None:
        by(settings, CodesOnly)
        tell(number)
        assert outbox == []
        assert not Delivery.objects.exists()

    def test_another_provider_of_the_route_sends_it(
        self, number: PhoneNumber, settings: Any, outbox: list[SmsMessage]
    ) -> None:
        by(settings, CodesOnly, LocmemProvider)
        tell(number)
        assert Delivery.objects.get().provider == "p1"
        assert len(outbox) == 1

    def test_a_queue_s_failover_does_not_get_there(
        self, number: PhoneNumber, settings: Any, outbox: list[SmsMessage], worker: Any
    ) -> None:
        """The worker goes by the whole route."""
        by(settings, Refusing, CodesOnly)
        tell(number)
        worker.work()
        rows = Delivery.objects.order_by("requested_at")
        assert [(row.provider, row.vendor_code) for row in rows] == [
            ("p0", ""),
            ("p1", "no_template"),
        ]
        assert outbox == []


class TestQueued:
    def test_reaches_a_locked_number_and_no_blocked_one(
        self, number: PhoneNumber, outbox: list[SmsMessage], worker: Any, clock: Any
    ) -> None:
        for closed in ("locked_until", "blocked_until"):
            tell(number)
            until(number, closed)
            worker.work()
        assert len(outbox) == 1

    def test_leaves_by_the_worker(
        self, number: PhoneNumber, outbox: list[SmsMessage], worker: Any
    ) -> None:
        tell(number)
        assert outbox == []
        worker.work()
        assert [sms.purpose for sms in outbox] == ["phone_changed"]


class TestNobodyElse:
    def test_can_start_one(self) -> None:
        with pytest.raises(UnknownPurpose):
            start(ALICE, "phone_changed")

    def test_can_start_one_over_http(self, client: Any) -> None:
        body = {"phone_number": ALICE, "purpose": "phone_changed"}
        response = client.post(
            "/sms/verifications/", body, content_type="application/json"
        )
        assert (response.status_code, list(response.json())) == (400, ["purpose"])

    def test_can_have_the_name_for_a_purpose(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {"phone_changed": {}}
        with pytest.raises(Exception, match="phone_changed"):
            start(ALICE, "register")


class TestTemplates:
    def test_the_default_is_for_codes(self) -> None:
        templates = Templates({"default": "SMS_1"}, "site")
        assert templates.find("login", mainland=True) is not None
        assert templates.of_its_own("phone_changed", mainland=True) is None

    def test_of_a_message_without_a_code_is_its_own_or_none(self) -> None:
        templates = Templates({"default": "SMS_1"}, "site")
        with pytest.raises(MessageRejected):
            templates.of(_notice())
        own = {"id": "SMS_2", "variables": []}
        templates = Templates({"default": "SMS_1", "phone_changed": own}, "site")
        assert templates.of(_notice()).id == "SMS_2"
        assert templates.of(_notice()).fill(_notice()) == {}


class TestText:
    @pytest.mark.parametrize(
        ("language", "words"),
        [("en", "no longer the phone number"), ("zh-hans", "不再是")],
    )
    def test_is_of_the_language(
        self, number: PhoneNumber, language: str, words: str, capsys: Any, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            "default": {"BACKEND": "sms_verification.providers.console.ConsoleProvider"}
        }
        with translation.override("fr"):
            notices.tell(number, notices.PHONE_CHANGED, Client(language=language))
        assert words in capsys.readouterr().out


def _notice() -> SmsMessage:
    return SmsMessage(
        phone_number=ALICE,
        code="",
        purpose="phone_changed",
        lifetime=timedelta(seconds=1),
        language="en",
        delivery_id="0" * 32,
    )
