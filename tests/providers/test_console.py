from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest

from sms_verification.providers.console import ConsoleProvider
from sms_verification.testing import ProviderContract
from sms_verification.types import SentMessage, SmsMessage

MESSAGE = SmsMessage(
    phone_number="+8613800138000",
    code="314159",
    purpose="login",
    lifetime=timedelta(minutes=5),
    language="en",
    delivery_id="d1",
)
LINE = (
    "SMS to +8613800138000: 314159 is your verification code."
    " It is valid for 5 minutes.\n"
)


class Buffered(io.StringIO):
    """A stream that shows what was flushed."""

    flushed = ""

    def flush(self) -> None:
        self.flushed = self.getvalue()


class TestConsoleProvider:
    def test_writes_the_sms_where_the_developer_looks(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        sent = ConsoleProvider().send(MESSAGE)
        assert sent == SentMessage(message_id="d1")
        assert capsys.readouterr().out == LINE

    def test_writes_it_at_once(self) -> None:
        stream = Buffered()
        ConsoleProvider(stream=stream).send(MESSAGE)
        assert stream.flushed == LINE

    def test_is_for_development(self) -> None:
        assert ConsoleProvider.for_development


class TestConsoleContract(ProviderContract):
    backend = "sms_verification.providers.console.ConsoleProvider"

    @pytest.fixture(autouse=True)
    def _stream(self) -> None:
        options: dict[str, Any] = {"stream": io.StringIO()}
        self.options = options
