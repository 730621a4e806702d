"""Bodies that are no JSON object of the fields: a 400, and nothing has happened."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sms_verification.models import Verification
from tests.api.conftest import Caller
from tests.phones import mistyped, right_code

pytestmark = pytest.mark.django_db

ROUTES = ["verifications/", "verifications/{id}/check/", "login/"]

UNREADABLE = {
    "a word": b"code",
    "cut short": b'{"code": "123456"',
    "more behind it": b'{"code": "123456"} {}',
    "single quotes": b"{'code': '123456'}",
    "form": b"code=123456&purpose=login",
    "NUL": b"\0",
    "NUL in a text": b'{"code": "123\x00456"}',
    "byte order mark": b'\xef\xbb\xbf{"code": "123456"}',
    "invalid UTF-8": b'{"code": "123456\xff"}',
    "overlong UTF-8": b'{"code": "\xc0\xb1"}',
    "encoded surrogate": b'{"code": "\xed\xa0\x80"}',
    "UTF-16": '{"code": "123456"}'.encode("utf-16"),
    "NaN": b'{"code": NaN}',
    "infinity": b'{"code": -Infinity}',
    "five thousand digits": b'{"code": ' + b"1" * 5000 + b"}",
    "20 KB": b'{"code": "' + b"1" * 20_000 + b'"}',
    "20 KB of spaces": b" " * 20_000 + b"{}",
    "a key twice": b'{"code": "123456", "code": "654321"}',
    "a key twice further in": b'{"code": {"a": 1, "a": 2}}',
}

NO_OBJECT = {
    "null": b"null",
    "true": b"true",
    "number": b"123456",
    "float": b"1e400",
    "text": b'"123456"',
    "list": b"[]",
    "list of a body": b'[{"code": "123456"}]',
}


def _route(template: str, pending: Verification) -> str:
    return template.format(id=pending.pk)


@pytest.mark.parametrize("route", ROUTES)
class TestBody:
    @pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
    def test_that_cannot_be_read_is_a_parse_error(
        self, caller: Caller, pending: Verification, route: str, body: bytes
    ) -> None:
        response = caller.post(_route(route, pending), body)
        assert response.status_code == 400
        assert response.json()["code"] == "parse_error"
        assert "123456" not in response.text

    @pytest.mark.parametrize("body", NO_OBJECT.values(), ids=NO_OBJECT.keys())
    def test_that_is_no_object_is_refused(
        self, caller: Caller, pending: Verification, route: str, body: bytes
    ) -> None:
        response = caller.post(_route(route, pending), body)
        assert response.status_code == 400
        assert response.json().keys() == {"non_field_errors"}

    @pytest.mark.parametrize("body", [b"", b"{}"])
    def test_that_is_empty_lacks_its_fields(
        self, caller: Caller, pending: Verification, route: str, body: bytes
    ) -> None:
        response = caller.post(_route(route, pending), body)
        assert response.status_code == 400
        assert response.json().keys() <= {
            "code",
            "phone_number",
            "purpose",
            "non_field_errors",
        }

    @pytest.mark.parametrize("field", ["code", "proof", "phone_number", "purpose"])
    @pytest.mark.parametrize("depth", [10, 900, 970, 980, 990, 995, 1000, 5000])
    def test_that_is_nested_deeply_is_refused(
        self, caller: Caller, pending: Verification, route: str, depth: int, field: str
    ) -> None:
        body = f'{{"{field}": {"[" * depth}{"]" * depth}}}'
        response = caller.post(_route(route, pending), body)
        assert response.status_code == 400


@pytest.mark.parametrize("route", ROUTES)
class TestContentType:
    @pytest.mark.parametrize(
        "content_type",
        [
            "text/plain",
            "text/json",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "json",
            "\xff",
            "",
        ],
    )
    def test_of_no_json_is_unsupported(
        self, caller: Caller, pending: Verification, route: str, content_type: str
    ) -> None:
        body = json.dumps({"code": right_code(pending.pk)})
        response = caller.post(_route(route, pending), body, content_type)
        assert response.status_code == 415
        assert response.json()["code"] == "unsupported_media_type"

    @pytest.mark.parametrize(
        "charset",
        [
            "latin-1",
            "utf-7",
            "utf-16",
            "hex",
            "zlib",
            "rot13",
            "undefined",
            "x",
            "\xff",
        ],
    )
    def test_with_another_charset_is_a_parse_error(
        self, caller: Caller, pending: Verification, route: str, charset: str
    ) -> None:
        body = json.dumps({"code": right_code(pending.pk)})
        content_type = f"application/json; charset={charset}"
        response = caller.post(_route(route, pending), body, content_type)
        assert response.status_code == 400
        assert response.json()["code"] == "parse_error"


class TestTwins:
    """Whoever filters requests on their way may have read the first of the two."""

    @pytest.mark.parametrize("right_first", [True, False])
    def test_right_code_beside_a_wrong_one_is_refused(
        self, caller: Caller, pending: Verification, right_first: bool
    ) -> None:
        right = right_code(pending.pk)
        codes = [right, mistyped(right)] if right_first else [mistyped(right), right]
        body = '{{"code": "{}", "code": "{}"}}'.format(*codes)
        response = caller.post(f"verifications/{pending.pk}/check/", body)
        assert response.json()["code"] == "parse_error"


class TestGoodBody:
    """What the refusals above must not refuse."""

    @pytest.mark.parametrize(
        "content_type",
        [
            "application/json",
            "application/json; charset=utf-8",
            "application/json; charset=UTF-8",
            'Application/JSON; charset="utf8"',
        ],
    )
    def test_of_a_right_code_passes(
        self, client: Any, pending: Verification, content_type: str
    ) -> None:
        body = json.dumps({"code": right_code(pending.pk)}).ljust(16 * 1024)
        route = f"/sms/verifications/{pending.pk}/check/"
        response = client.generic("POST", route, body, content_type)
        assert response.status_code == 200
