from __future__ import annotations

from datetime import timedelta

import pytest

from sms_verification.providers.dummy import DummyProvider
from sms_verification.testing import ProviderContract
from sms_verification.types import SentMessage, SmsMessage


class TestDummyProvider:
    def test_accepts_and_sends_nothing(
        self, outbox: list[SmsMessage], capfd: pytest.CaptureFixture[str]
    ) -> None:
        message = SmsMessage(
            phone_number="+8613800138000",
            code="314159",
            purpose="login",
            lifetime=timedelta(minutes=5),
            language="en",
            delivery_id="d1",
        )
        assert DummyProvider().send(message) == SentMessage(message_id="d1")
        assert outbox == []
        assert capfd.readouterr() == ("", "")

    def test_is_for_development(self) -> None:
        assert DummyProvider.for_development


class TestDummyContract(ProviderContract):
    backend = "sms_verification.providers.dummy.DummyProvider"
