from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from sms_verification import setting_values as values
from sms_verification.types import Rate, TestNumber

NUMBER = "+8613800138000"
UNTIL = date(2026, 1, 5)


class TestGet:
    def test_reads_the_hosts_settings_under_the_prefix(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_MAX_CHECKS = 3
        assert values.get("MAX_CHECKS", 5) == 3

    def test_falls_back(self) -> None:
        assert values.get("NOT_THERE", 5) == 5


class TestRates:
    @pytest.mark.parametrize(
        ("text", "count", "seconds"),
        [
            ("1/s", 1, 1),
            ("5/m", 5, 60),
            ("5/h", 5, 3600),
            ("10/d", 10, 86400),
            ("5/10m", 5, 600),
            ("30/36500d", 30, 3_153_600_000),
        ],
    )
    def test_are_so_many_in_a_unit_or_some_units(
        self, text: str, count: int, seconds: int
    ) -> None:
        assert values.rate("X", text) == Rate(count, timedelta(seconds=seconds))

    @pytest.mark.parametrize(
        "text",
        ["", "5", "5/", "/h", "0/h", "5/0m", "-5/h", "5/w", "5/h\n", "5/H", "٥/h"],
    )
    def test_refuse_other_texts(self, text: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="rates like '5/h' or '5/10m'"):
            values.rate("X", text)

    @pytest.mark.parametrize("value", [5, None, ("5", "h")])
    def test_refuse_other_types(self, value: object) -> None:
        with pytest.raises(ImproperlyConfigured, match="rates like"):
            values.rate("X", value)

    @pytest.mark.parametrize("text", ["5/36501d", "5/99999999999999999999d"])
    def test_refuse_windows_that_no_date_can_be_counted_back_by(
        self, text: str
    ) -> None:
        with pytest.raises(ImproperlyConfigured, match="within a century"):
            values.rate("X", text)

    @pytest.mark.parametrize("value", ["5/h", b"5/h", None, 5, {"5/h"}])
    def test_come_in_a_list(self, value: object) -> None:
        with pytest.raises(ImproperlyConfigured, match="lists of rates"):
            values.rates("X", value)


class TestCounts:
    @pytest.mark.parametrize("value", [1, 5, 10])
    def test_stay_within_their_bounds(self, settings: Any, value: int) -> None:
        settings.SMS_VERIFICATION_X = value
        assert values.count("X", 7, least=1, most=10) == value

    @pytest.mark.parametrize("value", [0, 11, -1])
    def test_are_refused_beyond_them(self, settings: Any, value: int) -> None:
        settings.SMS_VERIFICATION_X = value
        with pytest.raises(ImproperlyConfigured, match="X must be from 1 to 10"):
            values.count("X", 7, least=1, most=10)

    @pytest.mark.parametrize("value", [True, "5", 5.0, None])
    def test_are_whole_numbers(self, settings: Any, value: object) -> None:
        settings.SMS_VERIFICATION_X = value
        with pytest.raises(ImproperlyConfigured, match="X must be a whole number"):
            values.count("X", 7)


class TestDurations:
    def test_are_timedeltas(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_X = timedelta(seconds=1)
        assert values.duration("X", timedelta(hours=1)) == timedelta(seconds=1)

    @pytest.mark.parametrize("value", [60, "60", None, True])
    def test_are_never_bare_numbers(self, settings: Any, value: object) -> None:
        settings.SMS_VERIFICATION_X = value
        with pytest.raises(ImproperlyConfigured, match="X must be a timedelta"):
            values.duration("X", timedelta(hours=1))

    @pytest.mark.parametrize(
        "value", [timedelta(0), timedelta(seconds=-1), timedelta.max]
    )
    def test_are_above_zero_and_can_be_added_to_a_date(
        self, settings: Any, value: timedelta
    ) -> None:
        settings.SMS_VERIFICATION_X = value
        with pytest.raises(ImproperlyConfigured, match="X must be a timedelta above"):
            values.duration("X", timedelta(hours=1))


class TestCodeLengths:
    @pytest.mark.parametrize("value", [4, 6, 10])
    def test_are_from_4_to_10(self, value: int) -> None:
        assert values.code_length("X", value) == value

    @pytest.mark.parametrize("value", [3, 11, True, "6", 6.0, None])
    def test_are_nothing_else(self, value: object) -> None:
        with pytest.raises(ImproperlyConfigured, match="code length from 4 to 10"):
            values.code_length("X", value)


class TestStrings:
    def test_are_copied(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_X = ("a", "b")
        assert values.strings("X", []) == ["a", "b"]

    @pytest.mark.parametrize("value", ["ab", {"a": 1}, [1], None])
    def test_come_in_a_list(self, settings: Any, value: object) -> None:
        settings.SMS_VERIFICATION_X = value
        with pytest.raises(ImproperlyConfigured, match="X must be a list of strings"):
            values.strings("X", [])


class TestPaths:
    def test_have_a_dot(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_X = "host.Accounts"
        assert values.path("X", "a.B") == "host.Accounts"

    @pytest.mark.parametrize("value", ["Accounts", object, None])
    def test_are_nothing_else(self, settings: Any, value: object) -> None:
        settings.SMS_VERIFICATION_X = value
        with pytest.raises(ImproperlyConfigured, match="X must be the dotted path"):
            values.path("X", "a.B")


class TestBooleans:
    @pytest.mark.parametrize("value", [True, False])
    def test_are_told_as_such(self, value: bool) -> None:
        assert values.boolean("X", value) is value

    @pytest.mark.parametrize("value", ["False", 0, 1, None])
    def test_are_never_guessed(self, value: object) -> None:
        with pytest.raises(ImproperlyConfigured, match="X must be True or False"):
            values.boolean("X", value)


class TestTestNumbers:
    def test_have_a_code_and_a_last_day(self) -> None:
        made = values.test_number(NUMBER, {"secret_code": "0123", "until": UNTIL})
        assert made == TestNumber("0123", UNTIL)

    @pytest.mark.parametrize(
        "number", ["13800138000", "+0138001380", "+86 13800138000", f"{NUMBER}\n", 86]
    )
    def test_are_e164(self, number: object) -> None:
        with pytest.raises(ImproperlyConfigured, match=r"key that is not E\.164"):
            values.test_number(number, {"secret_code": "0123", "until": UNTIL})

    @pytest.mark.parametrize(
        "entry",
        [
            None,
            {"until": UNTIL},
            {"secret_code": 1234, "until": UNTIL},
            {"secret_code": "123", "until": UNTIL},
            {"secret_code": "12345678901", "until": UNTIL},
            {"secret_code": "１２３４", "until": UNTIL},
            {"secret_code": "1234\n", "until": UNTIL},
        ],
    )
    def test_have_a_code_of_ascii_digits(self, entry: object) -> None:
        with pytest.raises(
            ImproperlyConfigured, match="'secret_code' of 4 to 10 digits"
        ):
            values.test_number(NUMBER, entry)

    @pytest.mark.parametrize(
        "until", [None, "2026-01-05", datetime(2026, 1, 5, tzinfo=UTC)]
    )
    def test_have_a_day_to_end_on(self, until: object) -> None:
        with pytest.raises(ImproperlyConfigured, match="'until' date"):
            values.test_number(NUMBER, {"secret_code": "0123", "until": until})

    def test_are_not_told_by_the_error(self) -> None:
        with pytest.raises(ImproperlyConfigured) as caught:
            values.test_number(NUMBER, {"secret_code": "271828", "until": None})
        assert "13800138000" not in str(caught.value)
        assert "271828" not in str(caught.value)
