"""A16 to A19: one number, or a field error; every spelling is the same number."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import SmsMessage
from tests.api.conftest import Caller, Post

pytestmark = pytest.mark.django_db

SPELLINGS = {
    "national": "13800138000",
    "E.164": "+8613800138000",
    "trunk prefix of abroad": "008613800138000",
    "spaces": "+86 138 0013 8000",
    "dashes": "+86 138-0013-8000",
    "dots": "138.0013.8000",
    "parentheses": "+86 (138) 0013-8000",
    "tab and spaces around": " 138 0013 8000\t",
    "full-width": "＋８６１３８００１３８０００",
    "no-break space": "138\u00a00013\u00a08000",
    "invisible marks of a contact list": "\u202d+8613800138000\u202c",
    "tel URI": "tel:+8613800138000",
}

BAD = {
    "empty": "",
    "blank": "   ",
    "null": None,
    "true": True,
    "int": 13800138000,
    "huge int": 10**1000,
    "float": 1.38e10,
    "list": ["13800138000"],
    "dict": {"number": "13800138000"},
    "two with a comma": "+8613800138000,+8613900139000",
    "two with a space": "+8613800138000 +8613900139000",
    "two with a semicolon": "13800138000;13900139000",
    "two with a slash": "13800138000/13900139000",
    "two on two lines": "13800138000\n13900139000",
    "extension": "+8613800138000;ext=1",
    "extension in words": "+8613800138000 ext. 1",
    "letters": "1380013800A",
    "letters behind": "13800138000abc",
    "vanity": "+1 800 FLOWERS",
    "trailing newline": "13800138000\n",
    "leading newline": "\n13800138000",
    "NUL": "13800138000\0",
    "lone surrogate": "13800138000\ud800",
    "a digit less": "1380013800",
    "a digit more": "138001380000",
    "no such prefix": "+8610000000000",
    "no such country": "+99913800138000",
    "plus twice": "++8613800138000",
    "plus alone": "+",
    "emergency": "110",
    "sixty-five characters": "1" * 65,
    "twenty digits": "+" + "8" * 20,
    "SQL": "+8613800138000' OR '1'='1",
    "header": "+8613800138000\r\nX: y",
    "template": "+86138001380${1}",
}


class TestSpellings:
    @pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS.keys())
    def test_each_is_the_same_number_for_the_limits(
        self, post: Post, text: str, outbox: list[SmsMessage]
    ) -> None:
        post("verifications/", {"phone_number": "13800138000", "purpose": "register"})
        response = post(
            "verifications/", {"phone_number": text, "purpose": "reset_password"}
        )
        assert response.status_code == 429
        assert [row.number for row in PhoneNumber.objects.all()] == ["+8613800138000"]
        assert len(outbox) == 1

    @pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS.keys())
    def test_each_resumes_what_the_other_began(self, post: Post, text: str) -> None:
        first = post(
            "verifications/", {"phone_number": "13800138000", "purpose": "register"}
        )
        second = post("verifications/", {"phone_number": text, "purpose": "register"})
        assert (first.status_code, second.status_code) == (201, 200)
        assert second.json()["id"] == first.json()["id"]


class TestBadNumber:
    @pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
    def test_is_a_field_error(self, caller: Caller, bad: Any) -> None:
        body = {"phone_number": bad, "purpose": "register"}
        response = caller.post("verifications/", json.dumps(body))
        assert response.status_code == 400
        assert response.json().keys() == {"phone_number"}

    def test_is_not_quoted_in_the_answer(self, caller: Caller) -> None:
        body = {"phone_number": "<script>1380013800</script>", "purpose": "register"}
        response = caller.post("verifications/", json.dumps(body))
        assert "1380013800" not in response.text

    @pytest.mark.parametrize(
        "number",
        ["+19002345678", "+448449123456", "+864001234567", "+861012345678"],
        ids=["premium rate", "shared cost", "4008", "landline"],
    )
    def test_of_a_type_that_takes_no_sms_is_unsupported(
        self, caller: Caller, number: str
    ) -> None:
        body = {"phone_number": number, "purpose": "register"}
        response = caller.post("verifications/", json.dumps(body))
        assert response.status_code == 400
        assert response.json()["code"] == "unsupported_phone_number"


class TestBadPurpose:
    @pytest.mark.parametrize(
        "bad",
        [
            *("", None, True, 5, ["login"], {"login": 1}, "unlisted", "Login"),
            *("login\n", "login\0", "\ud800", "ｌｏｇｉｎ", "login,register", "x" * 33),
        ],
    )
    def test_is_a_field_error(self, caller: Caller, bad: Any) -> None:
        body = {"phone_number": "13800138000", "purpose": bad}
        response = caller.post("verifications/", json.dumps(body))
        assert response.status_code == 400
        assert response.json().keys() == {"purpose"}


class TestBadId:
    @pytest.mark.parametrize(
        "bad", ["x", "0", "%00", "%ff", "%0a", "1" * 33, "%F0%9F%93%B1"]
    )
    def test_is_not_found_and_no_right_code(self, caller: Caller, bad: str) -> None:
        resend = caller.post(f"verifications/{bad}/resend/", "{}")
        check = caller.post(f"verifications/{bad}/check/", '{"code": "123456"}')
        assert (resend.status_code, resend.json()["code"]) == (404, "not_found")
        assert (check.status_code, check.json()["code"]) == (400, "invalid_code")


@pytest.mark.usefixtures("pending")
class TestFieldErrors:
    def test_are_told_for_every_field_at_once(self, caller: Caller) -> None:
        response = caller.post("verifications/", '{"phone_number": 1, "purpose": 2}')
        assert response.json().keys() == {"phone_number", "purpose"}
        assert Verification.objects.count() == 1
