from __future__ import annotations

import logging
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar
from unittest import TestCase

import pytest
from django.test import Client as Browser

from sms_verification import testing
from sms_verification.conf import settings as ours
from sms_verification.exceptions import DeliveryUnknown, MessageRejected
from sms_verification.providers.base import Provider
from sms_verification.registry import get_provider
from sms_verification.testing import ProviderContract, capture, latest_code
from sms_verification.types import SentMessage, SmsMessage
from tests.vendors import refusing

ROOT = Path(__file__).parent.parent
KEY = "a key for tests"
ALICE = "+8613800138000"


def start(phone_number: str) -> int:
    body = {"phone_number": phone_number, "purpose": "register"}
    answer = Browser().post("/sms/verifications/", body, "application/json")
    return answer.status_code


@pytest.mark.django_db
class TestOutbox:
    @pytest.fixture(autouse=True)
    def _vendors(self, settings: Any) -> None:
        """A host's, which must not be asked in a test."""
        settings.SMS_VERIFICATION_PROVIDERS = {"default": refusing(), "cn": refusing()}
        settings.SMS_VERIFICATION_ROUTES = {"+86": ["cn", "default"]}

    def test_gets_what_a_host_sends_by_whichever_provider(
        self, sms_outbox: list[SmsMessage]
    ) -> None:
        assert start(ALICE) == 201
        assert [message.phone_number for message in sms_outbox] == [ALICE]
        assert latest_code(ALICE) == sms_outbox[0].code

    def test_is_empty_when_a_test_begins(self, sms_outbox: list[SmsMessage]) -> None:
        assert start(ALICE) == 201
        with capture() as sent:
            assert sent == []

    def test_can_be_read_when_the_block_is_over(self) -> None:
        with capture():
            start(ALICE)
        assert len(testing.outbox) == 1
        assert len(latest_code(ALICE)) == 6

    def test_the_hosts_settings_come_back(self) -> None:
        with pytest.raises(ZeroDivisionError), capture():
            raise ZeroDivisionError
        assert ours.PROVIDERS["default"] == refusing()
        assert start(ALICE) == 503

    def test_many_tests_can_come_from_one_address(
        self, settings: Any, sms_outbox: list[SmsMessage]
    ) -> None:
        assert {start(f"+86138001380{n:02}") for n in range(25)} == {201}


class TestLatestCode:
    def send(self, phone_number: str, code: str) -> None:
        message = SmsMessage(
            phone_number=phone_number,
            code=code,
            purpose="login",
            lifetime=ours.CODE_LIFETIME,
            language="en",
            delivery_id="d1",
        )
        get_provider("default").send(message)

    def test_is_the_last_of_that_number(self) -> None:
        self.send(ALICE, "000001")
        self.send(ALICE, "000002")
        self.send("+8613900139000", "000003")
        assert latest_code(ALICE) == "000002"

    def test_takes_the_number_as_the_test_typed_it(self) -> None:
        self.send(ALICE, "000001")
        assert latest_code("138 0013 8000") == "000001"

    def test_of_a_number_without_sms_fails_the_test(self) -> None:
        self.send("+8613900139000", "000001")
        with pytest.raises(AssertionError, match=r"No SMS was sent to \+8613800138000"):
            latest_code(ALICE)


class Vendor:
    """Stands in for one: each failure is a block in which the next call fails so."""

    failure: ClassVar[Exception | None] = None

    @classmethod
    @contextmanager
    def failing(cls, error: Exception) -> Iterator[None]:
        cls.failure = error
        yield
        cls.failure = None

    @classmethod
    def call(cls) -> str:
        if cls.failure is not None:
            raise cls.failure
        return "m1"


class Honest(Provider):
    def __init__(self, access_key: str) -> None:
        self.access_key = access_key

    def __repr__(self) -> str:
        return "<Honest>"

    def send(self, message: SmsMessage) -> SentMessage:
        try:
            return SentMessage(message_id=Vendor.call(), parts=1)
        except PermissionError:
            raise MessageRejected("credentials", "E1") from None
        except OSError:
            raise DeliveryUnknown("timeout") from None


class Sloppy(Honest):
    """Takes any option and answers with what the vendor said."""

    max_code_length = 12

    def __init__(self, **options: Any) -> None:
        super().__init__(options["access_key"])

    def send(self, message: SmsMessage) -> SentMessage:
        return Vendor.call()  # type: ignore[return-value]


class Boastful(Honest):
    def __repr__(self) -> str:
        return f"<Boastful {self.access_key}>"

    def send(self, message: SmsMessage) -> SentMessage:
        self.last = message.code
        logging.getLogger("sdk").debug("POST /?to=%s", message.phone_number[3:])
        return super().send(message)


class Chatty(Honest):
    """Lets the SDK's exceptions by, or chains them."""

    def send(self, message: SmsMessage) -> SentMessage:
        try:
            return SentMessage(message_id=Vendor.call())
        except PermissionError as error:
            error.args = (f"no {self.access_key}",)
            raise MessageRejected("credentials") from error
        except OSError:
            raise LookupError(message.code) from None


class Telling(Honest):
    """Keeps its words and stores the number."""

    def send(self, message: SmsMessage) -> SentMessage:
        try:
            return SentMessage(message_id=Vendor.call())
        except OSError:
            error = DeliveryUnknown("timeout")
            error.code, error.args = message.phone_number, ()
            raise error from None


class Careless(Honest):
    """Takes a failure for a success."""

    def send(self, message: SmsMessage) -> SentMessage:
        return SentMessage()


class Contract(ProviderContract):
    options: ClassVar[dict[str, Any]] = {"access_key": KEY}  # type: ignore[misc]
    secrets: ClassVar[Sequence[str]] = [KEY]  # type: ignore[misc]

    def __init__(self, provider: type[Provider] = Honest) -> None:
        self.backend = f"{provider.__module__}.{provider.__qualname__}"

    def vendor_fails(self) -> list[AbstractContextManager[None]]:
        return [Vendor.failing(PermissionError()), Vendor.failing(TimeoutError())]


TESTS = [name for name in dir(ProviderContract) if name.startswith("test_")]


class TestContract:
    def broken_by(self, provider: type[Provider]) -> set[str]:
        """Return which of its tests the provider fails."""
        broken = set()
        for name in TESTS:
            try:
                getattr(Contract(provider), name)()
            except AssertionError:
                broken.add(name.removeprefix("test_"))
        return broken

    @pytest.fixture(autouse=True)
    def _vendor(self) -> Iterator[None]:
        yield
        Vendor.failure = None

    def test_an_honest_provider_keeps_it(self) -> None:
        assert self.broken_by(Honest) == set()

    def test_options_and_types_are_part_of_it(self) -> None:
        assert self.broken_by(Sloppy) >= {
            "an_unknown_option_is_refused",
            "it_says_which_codes_it_carries",
            "an_accepted_sms_is_answered_by_a_sent_message",
        }

    def test_reprs_logs_and_attributes_are_part_of_it(self) -> None:
        assert self.broken_by(Boastful) == {
            "its_repr_tells_no_secret_and_no_sms",
            "it_keeps_no_sms",
            "its_logs_tell_no_secret_and_no_sms",
        }

    def test_failures_are_part_of_it(self) -> None:
        assert self.broken_by(Chatty) == {
            "a_failure_is_a_refusal_or_unknown",
            "failures_tell_no_secret_and_no_sms",
        }

    def test_the_fields_of_failures_are_part_of_it(self) -> None:
        assert self.broken_by(Telling) == {"failures_tell_no_secret_and_no_sms"}

    def test_a_failure_must_be_noticed(self) -> None:
        assert self.broken_by(Careless) == {
            "its_logs_tell_no_secret_and_no_sms",
            "a_failure_is_a_refusal_or_unknown",
            "failures_tell_no_secret_and_no_sms",
        }

    def test_logging_is_as_it_was_afterwards(self) -> None:
        root = logging.getLogger()
        before = (root.level, list(root.handlers))
        Contract().test_its_logs_tell_no_secret_and_no_sms()
        assert (root.level, list(root.handlers)) == before


class UnittestContract(ProviderContract, TestCase):
    """It can be run without pytest."""

    backend = "tests.test_testing.Honest"
    options: ClassVar[dict[str, Any]] = {"access_key": KEY}  # type: ignore[misc]


class TestImport:
    """A host's ``conftest.py`` imports it before Django is set up."""

    def test_needs_no_settings(self) -> None:
        bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        code = "import sms_verification.testing"
        subprocess.run([sys.executable, "-c", code], check=True, env=bare)

    def test_needs_no_pytest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pytest", None)
        module = runpy.run_path(testing.__file__)
        assert module["latest_code"]
        assert "sms_outbox" not in module


class TestHost:
    def test_gets_the_fixture_by_a_line_in_its_conftest(self, tmp_path: Path) -> None:
        (tmp_path / "conftest.py").write_text(
            'pytest_plugins = ["sms_verification.testing"]\n'
        )
        (tmp_path / "test_host.py").write_text(
            "def test_sms(sms_outbox):\n    assert sms_outbox == []\n"
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
            cwd=tmp_path,
            env={**environment, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "1 passed" in run.stdout, run.stdout + run.stderr
