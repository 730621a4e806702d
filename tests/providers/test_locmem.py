from __future__ import annotations

from datetime import timedelta

from sms_verification.providers import locmem
from sms_verification.providers.locmem import LocmemProvider
from sms_verification.testing import ProviderContract
from sms_verification.types import SentMessage, SmsMessage


class TestLocmemProvider:
    def test_keeps_the_sms_for_the_test_to_read(self) -> None:
        message = SmsMessage(
            phone_number="+8613800138000",
            code="314159",
            purpose="login",
            lifetime=timedelta(minutes=5),
            language="en",
            delivery_id="d1",
        )
        assert LocmemProvider().send(message) == SentMessage(message_id="d1")
        assert LocmemProvider().send(message) == SentMessage(message_id="d1")
        assert locmem.outbox == [message, message]

    def test_is_for_development(self) -> None:
        assert LocmemProvider.for_development


class TestLocmemContract(ProviderContract):
    backend = "sms_verification.providers.locmem.LocmemProvider"
