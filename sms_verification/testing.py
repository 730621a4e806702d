"""For a host's tests, and for those of a provider's author.

``pytest_plugins = ["sms_verification.testing"]`` in a host's ``conftest.py`` gives
its tests the fixture ``sms_outbox``. Nothing else in here needs pytest.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any

from django.test.utils import override_settings

from sms_verification import phone_numbers, registry
from sms_verification.conf import settings
from sms_verification.exceptions import (
    DeliveryUnknown,
    InvalidProvider,
    MessageRejected,
)
from sms_verification.providers.base import Provider
from sms_verification.providers.locmem import outbox
from sms_verification.types import SentMessage, SmsMessage

__all__ = ["ProviderContract", "capture", "latest_code", "outbox"]

_COLLECTING = "sms_verification.providers.locmem.LocmemProvider"

# An alias for messages about a provider that stands in no settings.
_ALIAS = "contract"

# What a leak is searched for. The number without its country: vendors take several
# forms of it. By name alone in what follows, since tracebacks quote the source.
_CODE = "314159"
_NUMBER = "13800138000"


@contextmanager
def capture() -> Iterator[list[SmsMessage]]:
    """Collect in ``outbox`` what the block sends, whichever providers are set.

    No SMS leaves. Limits by address are lifted meanwhile: all tests come from one.
    """
    with override_settings(
        SMS_VERIFICATION_PROVIDERS={
            alias: {"BACKEND": _COLLECTING} for alias in settings.PROVIDERS
        },
        SMS_VERIFICATION_CLIENT_LIMITS={"start": [], "check": []},
    ):
        outbox.clear()
        yield outbox


def latest_code(phone_number: str) -> str:
    """Return the code last sent to the number, which is given as people type it."""
    number = phone_numbers.parse(phone_number, settings.DEFAULT_REGION)
    for message in reversed(outbox):
        if message.phone_number == number and message.code:
            return message.code
    raise AssertionError(f"No SMS was sent to {phone_number}.")


class ProviderContract:
    """What every provider keeps to. Subclass it beside the provider's own tests::

        class TestAcmeContract(ProviderContract):
            backend = "acme.AcmeProvider"
            options = {"api_key": "a key for tests"}
            secrets = ["a key for tests"]

    Override ``vendor_accepts`` and ``vendor_fails`` to stand in for the vendor.
    """

    backend: str
    options: Mapping[str, Any] = {}
    # What of the options nobody may read.
    secrets: Sequence[str] = ()

    def vendor_accepts(self) -> AbstractContextManager[Any]:
        """Return a block within which the vendor accepts each SMS."""
        return nullcontext()

    def vendor_fails(self) -> Iterable[AbstractContextManager[Any]]:
        """Return a block for each way to fail: a refusal, a timeout, half an answer."""
        return ()

    def test_an_unknown_option_is_refused(self) -> None:
        options = {**self.options, "no_such_option": None}
        try:
            registry.check_options(
                _ALIAS, {"BACKEND": self.backend, "OPTIONS": options}
            )
        except InvalidProvider:
            return
        raise AssertionError("A misspelt option would go unnoticed.")

    def test_it_says_which_codes_it_carries(self) -> None:
        provider = self._provider()
        assert type(provider.for_development) is bool
        assert 4 <= provider.max_code_length <= 10

    def test_an_accepted_sms_is_answered_by_a_sent_message(self) -> None:
        provider = self._provider()
        for length in range(4, provider.max_code_length + 1):
            sent = self._send(provider, (_CODE * 2)[:length])
            assert type(sent) is SentMessage
            assert type(sent.message_id) is str
            assert len(sent.message_id) <= 128
            assert sent.parts is None or sent.parts > 0

    def test_its_repr_tells_no_secret_and_no_sms(self) -> None:
        provider = self._provider()
        self._send(provider)
        self._assert_tells_nothing(f"{provider!r} {provider}")

    def test_it_keeps_no_sms(self) -> None:
        provider = self._provider()
        self._send(provider)
        kept = repr(getattr(provider, "__dict__", {}))
        assert not _sms_in(kept), "An attribute of the provider still holds the SMS."

    def test_its_logs_tell_no_secret_and_no_sms(self) -> None:
        """Those of the libraries beneath it as well, down to ``DEBUG``."""
        with _logged() as lines:
            self._send(self._provider())
            self._failures()
        self._assert_tells_nothing("\n".join(lines))

    def test_a_failure_is_a_refusal_or_unknown(self) -> None:
        for error in self._failures():
            assert isinstance(error, MessageRejected | DeliveryUnknown), (
                f"A provider does not raise {type(error).__name__}."
            )

    def test_failures_tell_no_secret_and_no_sms(self) -> None:
        for error in self._failures():
            # With its causes, as a log or an error tracker would print it.
            self._assert_tells_nothing("".join(traceback.format_exception(error)))
            self._assert_tells_nothing(repr(vars(error)))

    def _provider(self) -> Provider:
        entry = {"BACKEND": self.backend, "OPTIONS": dict(self.options)}
        registry.check_options(_ALIAS, entry)
        return registry.provider_class(_ALIAS, entry)(**self.options)

    def _send(self, provider: Provider, code: str = _CODE) -> SentMessage:
        with self.vendor_accepts():
            return provider.send(_message(code))

    def _failures(self) -> list[Exception]:
        return [self._failure(block) for block in self.vendor_fails()]

    def _failure(self, block: AbstractContextManager[Any]) -> Exception:
        provider, message = self._provider(), _message(_CODE)
        with block:
            try:
                provider.send(message)
            except Exception as error:  # whatever it is, a test judges it
                return error
        raise AssertionError("The vendor failed, and send() did not.")

    def _assert_tells_nothing(self, text: str) -> None:
        assert not _sms_in(text), "It tells the code or the number."
        assert not any(secret in text for secret in self.secrets), "It tells a secret."


def _message(code: str) -> SmsMessage:
    return SmsMessage(
        phone_number=f"+86{_NUMBER}",
        code=code,
        purpose="login",
        lifetime=timedelta(minutes=5),
        language="en",
        delivery_id="019b8d3f5a7c7e21b4c0d1e2f3a4b5c6",
    )


def _sms_in(text: str) -> bool:
    return _CODE in text or _NUMBER in text


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def _logged() -> Iterator[list[str]]:
    handler, root = _Lines(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


try:
    import pytest
except ImportError:
    pass
else:

    @pytest.fixture
    def sms_outbox() -> Iterator[list[SmsMessage]]:
        """What the test sends, the newest last. No SMS leaves."""
        with capture() as sent:
            yield sent
