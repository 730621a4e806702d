from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine

from sms_verification import codes, messages
from sms_verification.exceptions import UnknownPurpose
from sms_verification.models import Delivery, PhoneNumber, Verification
from sms_verification.types import SmsMessage, TestNumber

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NUMBER = "+8613800138000"


@pytest.fixture(autouse=True)
def _key(settings: Any) -> None:
    settings.SMS_VERIFICATION_SECRET_KEY = "a key for these tests"


@pytest.fixture
def _test_number(settings: Any) -> None:
    settings.SMS_VERIFICATION_TEST_NUMBERS = {
        NUMBER: {"secret_code": "271828", "until": date(2026, 1, 5)}
    }


def verification(**changes: Any) -> Verification:
    """Return the one whose code is 537493."""
    fields = {
        "id": UUID(int=7),
        "phone_number": PhoneNumber(number=NUMBER),
        "purpose": "login",
        "salt": (1).to_bytes(16),
        "key_id": codes.current_key_id(),
        "code_length": 6,
        "expires_at": NOON + timedelta(minutes=5),
        **changes,
    }
    return Verification(**fields)


class TestCodeOf:
    def test_derives_it_from_the_row(self) -> None:
        assert messages.code_of(verification()) == "537493"

    def test_takes_the_salt_as_postgresql_returns_it(self) -> None:
        salt = memoryview((1).to_bytes(16))
        assert messages.code_of(verification(salt=salt)) == "537493"

    def test_has_the_rows_length(self) -> None:
        assert messages.code_of(verification(code_length=4)) == "7493"

    def test_is_none_without_the_rows_key(self) -> None:
        assert messages.code_of(verification(key_id="gone")) is None

    @pytest.mark.usefixtures("_test_number")
    def test_of_a_test_number_stands_in_the_settings(self) -> None:
        with time_machine.travel(NOON, tick=False):
            assert messages.code_of(verification()) == "271828"


@pytest.mark.usefixtures("_test_number")
class TestTestNumberOf:
    @pytest.mark.parametrize("purpose", ["login", "register"])
    def test_holds_to_the_end_of_its_day(self, purpose: str) -> None:
        with time_machine.travel(NOON.replace(hour=23, minute=59), tick=False):
            found = messages.test_number_of(NUMBER, purpose)
        assert found == TestNumber("271828", date(2026, 1, 5))

    def test_ends_with_its_day(self) -> None:
        with time_machine.travel(NOON + timedelta(hours=12), tick=False):
            assert messages.test_number_of(NUMBER, "login") is None

    @pytest.mark.parametrize("purpose", ["reset_password", "change_phone"])
    def test_is_for_no_purpose_that_takes_an_account_over(self, purpose: str) -> None:
        with time_machine.travel(NOON, tick=False):
            assert messages.test_number_of(NUMBER, purpose) is None

    def test_is_for_its_number_only(self) -> None:
        with time_machine.travel(NOON, tick=False):
            assert messages.test_number_of("+8613900139000", "login") is None

    def test_is_for_no_purpose_that_is_gone(self) -> None:
        with pytest.raises(UnknownPurpose):
            messages.test_number_of(NUMBER, "vote")


class TestCompose:
    def test_holds_what_a_provider_needs_and_no_more(self) -> None:
        row = verification(language="zh-hans")
        now = NOON + timedelta(minutes=1)
        assert messages.compose(row, Delivery(id=UUID(int=9)), now) == SmsMessage(
            phone_number=NUMBER,
            code="537493",
            purpose="login",
            lifetime=timedelta(minutes=4),
            language="zh-hans",
            delivery_id="00000000000000000000000000000009",
        )

    def test_has_nothing_to_say_without_a_code(self) -> None:
        row = verification(key_id="gone")
        assert messages.compose(row, Delivery(), NOON) is None
