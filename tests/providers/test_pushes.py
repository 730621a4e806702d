from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sms_verification.exceptions import InvalidPush
from sms_verification.providers import pushes


class ReportTests:
    def test_are_the_objects_of_an_array(self) -> None:
        assert pushes.reports('[{"a": "用户"}, {}]'.encode()) == [{"a": "用户"}, {}]
        assert pushes.reports(b"[]") == []

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"[",
            b"{}",
            b"null",
            b"[[]]",
            b'[{}, "a"]',
            b"\xff",
            b"[" * 100_000,
            b"[" + b"1" * 5000 + b"]",
        ],
        ids=lambda body: body[:10],
    )
    def test_anything_else_is_no_push(self, body: bytes) -> None:
        with pytest.raises(InvalidPush) as error:
            pushes.reports(body)
        assert error.value.args == ()
        assert error.value.__suppress_context__ or error.value.__context__ is None


class TextTests:
    @pytest.mark.parametrize("value", [None, 1, True, 1.5, [], {}, ["a"]])
    def test_is_nothing_but_text(self, value: object) -> None:
        assert pushes.text({"a": value}, "a") == ""
        assert pushes.text({}, "a") == ""
        assert pushes.text({"a": "b"}, "a") == "b"


class TimeTests:
    def test_is_china_s(self) -> None:
        noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
        assert pushes.china_time("2026-01-05 20:00:00") == noon

    @pytest.mark.parametrize(
        "written",
        [
            "",
            "2026-01-05",
            "2026-01-05T20:00:00Z",
            "2026-13-05 20:00:00",
            "0000-00-00 00:00:00",
            "99999-01-05 20:00:00",
            "2026-01-05 20:00:00\x00",
        ],
    )
    def test_is_none_where_it_cannot_be_read(self, written: str) -> None:
        assert pushes.china_time(written) is None

    @pytest.mark.parametrize("written", ["0001-01-01 00:00:00", "9999-12-31 23:59:59"])
    def test_may_be_far_away(self, written: str) -> None:
        assert pushes.china_time(written) is not None
