from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation
from django.utils.translation import trans_real

from sms_verification.providers.parts import parts
from sms_verification.providers.text import host, text
from sms_verification.types import SmsMessage


def message(
    language: str = "en", purpose: str = "login", **lifetime: float
) -> SmsMessage:
    return SmsMessage(
        phone_number="+8613800138000",
        code="012345",
        purpose=purpose,
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


class TestPurpose:
    @pytest.mark.parametrize(
        ("purpose", "start"),
        [
            ("login", "012345 is your verification code. It"),
            ("register", "012345 is your verification code. It"),
            ("vote", "012345 is your verification code. It"),
            ("reset_password", "012345 is your code to reset your password. It"),
            ("change_phone", "012345 is your code to change your phone number. It"),
        ],
    )
    def test_is_told_where_a_code_opens_an_account_to_others(
        self, purpose: str, start: str
    ) -> None:
        assert text(message(purpose=purpose)).startswith(start)

    @pytest.fixture
    def _hosts_words(self, settings: Any, tmp_path: Path) -> Iterator[None]:
        """A host's own translations, which go before ours."""
        folder = tmp_path / "tlh/LC_MESSAGES"
        folder.mkdir(parents=True)
        write_catalogue(
            folder / "django.mo",
            {
                "": "Content-Type: text/plain; charset=UTF-8\n",
                "%(code)s is your verification code. %(valid)s": "ngoq: %(code)s",
                "vote\x04%(code)s is your verification code. %(valid)s": (
                    "wIv: %(code)s"
                ),
            },
        )
        settings.LOCALE_PATHS = [tmp_path]
        trans_real._translations.pop("tlh", None)
        yield
        trans_real._translations.pop("tlh", None)

    @pytest.mark.usefixtures("_hosts_words")
    @pytest.mark.parametrize(
        ("purpose", "expected"),
        [
            ("login", "ngoq: 012345"),
            ("vote", "wIv: 012345"),
            (
                "change_phone",
                "012345 is your code to change your phone number."
                " It is valid for 5 minutes.",
            ),
        ],
    )
    def test_is_worded_by_the_hosts_translations(
        self, purpose: str, expected: str
    ) -> None:
        assert text(message("tlh", purpose)) == expected


class TestOrigin:
    def test_is_the_last_line_and_nothing_follows(self) -> None:
        *words, last = text(message(), "example.com").split("\n")
        assert (words, last) == ([ENGLISH], "@example.com #012345")

    @pytest.mark.parametrize("purpose", ["login", "change_phone", "vote"])
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_binds_by_the_words_of_the_standard(
        self, language: str, purpose: str
    ) -> None:
        """R31: as its parser reads it."""
        sms = text(message(language, purpose), "sms.example.com")
        line = sms[sms.rindex("\n") + 1 :]
        bound = re.fullmatch(r"@(?P<host>[^ @#]+) #(?P<code>[^ @#\n]+)", line)
        assert bound is not None
        assert bound.groups() == ("sms.example.com", "012345")

    @pytest.mark.parametrize(
        "origin", ["example.com", "localhost", "a-b.c1", "xn--fiq228c.cn", "x" * 63]
    )
    def test_is_a_host(self, origin: str) -> None:
        assert host(origin) == origin

    @pytest.mark.parametrize(
        "origin",
        [
            "https://example.com",
            "example.com:8000",
            "example.com/",
            "Example.com",
            "例子.cn",
            "example.com ",
            "example.com\n",
            "a\n@evil.example #1",
            "a b",
            "-a.com",
            "a-.com",
            "a..b",
            ".com",
            "x" * 64,
            "a." * 126 + "com",
            " ",
            443,
        ],
    )
    def test_is_nothing_else(self, origin: Any) -> None:
        with pytest.raises(ImproperlyConfigured, match=r"like 'example\.com'"):
            text(message(), origin)


class TestLength:
    @pytest.mark.parametrize(
        "purpose", ["register", "login", "reset_password", "change_phone"]
    )
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_is_one_part_with_its_origin(self, language: str, purpose: str) -> None:
        longest = SmsMessage(
            phone_number="+8613800138000",
            code="0123456789",
            purpose=purpose,
            lifetime=timedelta(minutes=10),
            language=language,
            delivery_id="d1",
        )
        assert parts(text(longest, "www.example.com")) == 1

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_the_code_comes_first_where_a_preview_shows_it(self, language: str) -> None:
        assert text(message(language)).startswith("012345 ")


def write_catalogue(path: Path, texts: dict[str, str]) -> None:
    """Write GNU gettext's binary format, which the standard library only reads."""
    ids = [i.encode() for i in sorted(texts)]
    strings = [texts[i.decode()].encode() for i in ids]
    start, tables, data = 28 + 16 * len(ids), b"", b""
    for text_ in [*ids, *strings]:
        tables += struct.pack("<II", len(text_), start + len(data))
        data += text_ + b"\0"
    header = struct.pack(
        "<7I", 0x950412DE, 0, len(ids), 28, 28 + 8 * len(ids), 0, start
    )
    path.write_bytes(header + tables + data)
