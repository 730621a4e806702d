from __future__ import annotations

import io
from typing import Any

import pytest
from rest_framework.exceptions import ParseError

from sms_verification.api.parsers import SmallJSONParser


class Endless(io.RawIOBase):
    """A body that never ends, and how much of it was read."""

    def __init__(self) -> None:
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "The whole of it was asked for."
        self.taken += size
        return b" " * size


class TestSmallJSONParser:
    def _parse(self, body: bytes, media_type: str | None = None) -> Any:
        return SmallJSONParser().parse(io.BytesIO(body), media_type)

    def test_reads_json(self) -> None:
        assert self._parse('{"a": ["１", null]}'.encode()) == {"a": ["１", None]}

    def test_reads_no_more_than_any_route_can_mean(self) -> None:
        body = Endless()
        with pytest.raises(ParseError):
            SmallJSONParser().parse(body)
        assert body.taken == 16 * 1024 + 1

    @pytest.mark.parametrize(
        ("size", "fits"), [(16 * 1024, True), (16 * 1024 + 1, False)]
    )
    def test_takes_sixteen_kilobytes(self, size: int, fits: bool) -> None:
        if fits:
            assert self._parse(b"{}".ljust(size)) == {}
        else:
            with pytest.raises(ParseError):
                self._parse(b"{}".ljust(size))

    @pytest.mark.parametrize("body", [b'{"code": "314159', b'{"code": 314159x}'])
    def test_quotes_nothing_of_the_body(self, body: bytes) -> None:
        with pytest.raises(ParseError) as caught:
            self._parse(body)
        assert "314159" not in str(caught.value)
        assert caught.value.__suppress_context__ is True

    @pytest.mark.parametrize("media_type", [None, "", "application/json"])
    def test_takes_utf_8_where_no_charset_is_named(
        self, media_type: str | None
    ) -> None:
        assert self._parse('"é"'.encode(), media_type) == "é"
