from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from sms_verification.providers.text import text
from sms_verification.types import SmsMessage


def message(language: str = "en", **lifetime: float) -> SmsMessage:
    return SmsMessage(
        phone_number="+8613800138000",
        code="012345",
        purpose="login",
        lifetime=timedelta(**(lifetime or {"minutes": 5})),
        language=language,
        delivery_id="d1",
    )


ENGLISH = "012345 is your verification code. It is valid for 5 minutes."
CHINESE = "012345 是您的验证码，5 分钟内有效。"


class TestLanguage:
    @pytest.mark.parametrize(
        ("language", "expected"),
        [
            ("en", ENGLISH),
            ("en-gb", ENGLISH),
            ("zh-hans", CHINESE),
            ("tlh", ENGLISH),
        ],
    )
    def test_is_the_messages(self, language: str, expected: str) -> None:
        assert text(message(language)) == expected

    def test_is_not_that_of_whoever_sends_it(self) -> None:
        with translation.override("zh-hans"):
            assert text(message("en")) == ENGLISH
            assert translation.get_language() == "zh-hans"

    def test_is_the_sites_where_the_message_has_none(self, settings: Any) -> None:
        settings.LANGUAGE_CODE = "zh-hans"
        translation.deactivate()
        assert text(message("")) == CHINESE


class TestLifetime:
    @pytest.mark.parametrize(
        ("seconds", "minutes"),
        [
            (0, "1 minute"),
            (59, "1 minute"),
            (60, "1 minute"),
            (114.9, "1 minute"),
            (115, "2 minutes"),
            (299.9, "5 minutes"),
            (300, "5 minutes"),
            (600, "10 minutes"),
        ],
    )
    def test_is_told_in_minutes(self, seconds: float, minutes: str) -> None:
        told = text(message(seconds=seconds))
        assert told == f"012345 is your verification code. It is valid for {minutes}."


class TestLength:
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_is_one_part(self, language: str) -> None:
        """A text of 70 characters is one part in every alphabet."""
        longest = SmsMessage(
            phone_number="+8613800138000",
            code="0123456789",
            purpose="login",
            lifetime=timedelta(minutes=10),
            language=language,
            delivery_id="d1",
        )
        assert len(text(longest)) <= 70

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_the_code_comes_first_where_a_preview_shows_it(self, language: str) -> None:
        assert text(message(language)).startswith("012345 ")
