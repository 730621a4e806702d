from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import date, timedelta

import pytest

from sms_verification.types import (
    Client,
    Purpose,
    Rate,
    Reason,
    SentMessage,
    SmsMessage,
    TestNumber,
)

MESSAGE = SmsMessage(
    phone_number="+8613800138000",
    code="314159",
    purpose="login",
    lifetime=timedelta(minutes=5),
    language="en",
    delivery_id="d1",
)


class TestSmsMessage:
    def test_its_repr_tells_neither_code_nor_number(self) -> None:
        assert repr(MESSAGE) == (
            "SmsMessage(purpose='login', lifetime=datetime.timedelta(seconds=300),"
            " language='en', delivery_id='d1')"
        )

    def test_no_provider_can_change_what_the_next_one_gets(self) -> None:
        with pytest.raises(FrozenInstanceError):
            MESSAGE.code = "000000"  # type: ignore[misc]


class TestTestNumbers:
    def test_their_repr_does_not_tell_the_code(self) -> None:
        assert "314159" not in repr(TestNumber("314159", date(2026, 1, 5)))

    def test_pytest_does_not_take_the_class_for_a_test(self) -> None:
        assert TestNumber.__test__ is False


class TestDefaults:
    def test_a_client_is_nobody_until_told_otherwise(self) -> None:
        client = Client()
        assert (client.address, client.user_agent, client.user_pk) == (None, "", None)
        assert (client.language, client.verification_id) == ("", None)

    def test_a_purpose_demands_nothing_until_told_otherwise(self) -> None:
        purpose = Purpose(name="vote", code_length=6)
        assert not purpose.needs_account
        assert not purpose.signed_in
        assert not purpose.test_numbers

    def test_a_vendor_may_say_nothing_but_yes(self) -> None:
        assert SentMessage() == SentMessage(message_id="", parts=None)


class TestRate:
    @pytest.mark.parametrize(
        ("period", "text"),
        [(timedelta(hours=1), "5/3600s"), (timedelta(minutes=10), "5/600s")],
    )
    def test_reads_as_so_many_in_so_many_seconds(
        self, period: timedelta, text: str
    ) -> None:
        assert str(Rate(5, period)) == text


class TestReason:
    @pytest.mark.parametrize("word", ["invalid_number", "rate_limited", "opted_out"])
    def test_some_protect_the_person(self, word: str) -> None:
        assert Reason(word).protects_the_person

    @pytest.mark.parametrize(
        "word",
        [
            "unsupported_destination",
            "configuration",
            "credentials",
            "balance",
            "content",
            "unavailable",
        ],
    )
    def test_the_others_are_the_operators_own_affair(self, word: str) -> None:
        assert not Reason(word).protects_the_person
