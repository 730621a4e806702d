from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from sms_verification.management.advice import ADVICE
from sms_verification.models import Delivery, PhoneNumber, Verification
from sms_verification.types import Reason, SmsMessage
from tests.vendors import accepting, refusing, silent


def send(number: str = "138 0013 8000", **options: Any) -> dict[str, str]:
    """Return what the command prints, by the name of the line."""
    out = StringIO()
    try:
        call_command("sms_send", number, stdout=out, **options)
    finally:
        printed.clear()
        printed.update(line.split(": ") for line in out.getvalue().splitlines())
    return printed


printed: dict[str, str] = {}


class AcceptedTests:
    def test_sends_a_real_sms_and_tells_what_the_vendor_said(
        self, outbox: list[SmsMessage]
    ) -> None:
        told = send()
        (message,) = outbox
        assert message.phone_number == "+8613800138000"
        assert re.fullmatch(r"[0-9]{6}", message.code)
        assert message.minutes == 5
        assert re.fullmatch(r"\d\.\d\d s", told.pop("Duration"))
        assert told == {
            "Number": "+86138****8000",
            "Provider": "default",
            "Outcome": "accepted",
            "Vendor's id": message.delivery_id,
        }

    def test_its_code_is_another_each_time(self, outbox: list[SmsMessage]) -> None:
        for _ in range(5):
            send()
        assert len({message.code for message in outbox}) > 1

    def test_prints_neither_the_code_nor_the_number(
        self, outbox: list[SmsMessage], capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("sms_send", "13800138000")
        read = capsys.readouterr()
        assert outbox[0].code not in read.out + read.err
        assert "13800138000" not in read.out + read.err

    @pytest.mark.django_db
    def test_writes_nothing(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            send()
        for model in (PhoneNumber, Verification, Delivery):
            assert not model._default_manager.exists()

    @pytest.mark.parametrize(
        "typed", ["+86 138-0013-8000", "0086 138 0013 8000", "１３８００１３８０００"]
    )
    def test_reads_a_number_as_people_type_it(
        self, outbox: list[SmsMessage], typed: str
    ) -> None:
        send(typed)
        assert outbox[0].phone_number == "+8613800138000"

    def test_says_what_it_is_told_to(
        self, settings: Any, outbox: list[SmsMessage]
    ) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {"vote": {"CODE_LENGTH": 8}}
        send(purpose="vote", language="zh-hans")
        (message,) = outbox
        assert (message.purpose, message.language) == ("vote", "zh-hans")
        assert len(message.code) == 8


class UsingTests:
    @pytest.fixture(autouse=True)
    def _two(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"cn": accepting(), "hk": accepting()}
        settings.SMS_VERIFICATION_ROUTES = {"+86": ["cn", "hk"]}

    def test_is_the_first_of_the_route(self) -> None:
        assert send()["Provider"] == "cn"

    def test_is_the_one_that_is_named(self) -> None:
        assert send(using="hk")["Provider"] == "hk"

    def test_may_be_one_that_no_route_leads_to(self) -> None:
        assert send("+1 415 555 2671", using="hk")["Provider"] == "hk"

    @pytest.mark.parametrize(
        ("number", "options", "told"),
        [
            ("13800138000", {"using": "us"}, "has no such alias"),
            ("13800138000", {"purpose": "vote"}, "Not a purpose"),
            ("+1 415 555 2671", {}, "No route leads to this number"),
            ("12345678901", {}, "Not a phone number"),
        ],
    )
    def test_what_cannot_be_is_told(
        self,
        outbox: list[SmsMessage],
        number: str,
        options: dict[str, Any],
        told: str,
    ) -> None:
        with pytest.raises(CommandError, match=told) as caught:
            send(number, **options)
        assert number not in str(caught.value)
        assert caught.value.returncode == 1
        assert outbox == []


class RefusedTests:
    def test_tells_what_the_vendor_said_and_what_to_do(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            "default": refusing("balance", "isv.AMOUNT_NOT_ENOUGH")
        }
        with pytest.raises(CommandError, match="Top it up") as caught:
            send()
        assert caught.value.returncode == 1
        del printed["Duration"]
        assert printed == {
            "Number": "+86138****8000",
            "Provider": "default",
            "Outcome": "refused",
            "Reason": "balance",
            "Vendor's code": "isv.AMOUNT_NOT_ENOUGH",
        }

    def test_asks_no_other_provider(
        self, settings: Any, outbox: list[SmsMessage]
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"a": refusing(), "b": accepting()}
        settings.SMS_VERIFICATION_ROUTES = {"+": ["a", "b"]}
        with pytest.raises(CommandError):
            send()
        assert outbox == []

    def test_of_an_unknown_outcome_says_to_look_first(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": silent()}
        with pytest.raises(CommandError, match="the SMS may have left"):
            send()
        assert printed["Outcome"] == "unknown"
        assert printed["Vendor's code"] == "timeout"

    @pytest.mark.parametrize("reason", Reason)
    def test_there_is_advice_for_each_reason(
        self, settings: Any, reason: Reason
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": refusing(reason)}
        with pytest.raises(CommandError) as caught, translation.override("en"):
            send()
        assert str(caught.value) == str(ADVICE[reason])
