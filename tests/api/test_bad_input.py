"""What no client of good faith sends: a clear answer, and nothing has happened."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from unittest.mock import ANY

import pytest
from django.test import Client
from django.utils import timezone

from sms_verification import proofs
from sms_verification.models import Verification
from tests.api.conftest import Caller
from tests.phones import right_code

pytestmark = pytest.mark.django_db

START = {"phone_number": "13800138000", "purpose": "register"}
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


# Each takes the right code, so that whatever lets one of them by opens the door.
CODES = {
    "empty": lambda code: "",
    "null": lambda code: None,
    "true": lambda code: True,
    "int": int,
    "float": float,
    "exponent": lambda code: 1e5,
    "list": lambda code: [code],
    "dict": lambda code: {"code": code},
    "one digit more": lambda code: code + "0",
    "a zero before": lambda code: "0" + code,
    "one digit less": lambda code: code[:-1],
    "a thousand digits": lambda code: code * 1000,
    "full-width": lambda code: code.translate(FULL_WIDTH),
    "Arabic-Indic": lambda code: code.translate(ARABIC_INDIC),
    "zero width joiner": lambda code: code[:3] + "\u200d" + code[3:],
    "right-to-left mark": lambda code: "\u200f" + code,
    "trailing newline": lambda code: code + "\n",
    "trailing space": lambda code: code + " ",
    "leading space": lambda code: " " + code,
    "space inside": lambda code: code[:3] + " " + code[3:],
    "plus sign": lambda code: "+" + code,
    "minus sign": lambda code: "-" + code,
    "underscore": lambda code: code[:3] + "_" + code[3:],
    "decimal point": lambda code: code + ".0",
    "hexadecimal": lambda code: hex(int(code)),
    "NUL": lambda code: code + "\0",
    "lone surrogate": lambda code: code + "\ud800",
    "pattern": lambda code: ".{6}",
    "wildcard": lambda code: "%",
}


@pytest.mark.parametrize("bad", CODES.values(), ids=CODES.keys())
class TestCode:
    def test_check_refuses_it(
        self, caller: Caller, pending: Verification, bad: Any
    ) -> None:
        body = {"code": bad(right_code(pending.pk))}
        response = caller.post(f"verifications/{pending.pk}/check/", json.dumps(body))
        assert response.status_code == 400
        assert response.json().keys() in ({"code"}, {"detail", "code", "checks_left"})

    def test_login_refuses_it(
        self, caller: Caller, pending: Verification, bad: Any
    ) -> None:
        code = bad(right_code(pending.pk))
        body = {"verification": str(pending.pk), "code": code}
        response = caller.post("login/", json.dumps(body))
        assert response.status_code == 400
        assert response.json().keys() in ({"code"}, {"detail", "code", "checks_left"})


class TestMissingCode:
    def test_check_names_the_field(self, caller: Caller, pending: Verification) -> None:
        response = caller.post(f"verifications/{pending.pk}/check/", "{}")
        assert response.json() == {"code": ["This field is required."]}

    def test_login_demands_a_code_or_a_proof(
        self, caller: Caller, pending: Verification
    ) -> None:
        response = caller.post("login/", json.dumps({"verification": str(pending.pk)}))
        assert response.json() == {"non_field_errors": ["Give a code or a proof."]}

    def test_login_takes_no_code_beside_a_proof(
        self, caller: Caller, pending: Verification
    ) -> None:
        body = {"code": right_code(pending.pk), "proof": proofs.write(pending.pk)}
        response = caller.post("login/", json.dumps(body))
        assert response.json() == {"non_field_errors": ["Give a code or a proof."]}

    @pytest.mark.parametrize("code", ["000000", "0000", "0000000000"])
    def test_no_code_fits_where_nothing_was_sent(
        self, caller: Caller, code: str
    ) -> None:
        unknown = "01890000-0000-7000-8000-000000000000"
        response = caller.post(
            f"verifications/{unknown}/check/", json.dumps({"code": code})
        )
        assert response.status_code == 400
        assert response.json()["code"] == "invalid_code"


VERIFICATIONS = {
    "empty": "",
    "null": None,
    "true": True,
    "int": 5,
    "huge int": 10**60,
    "negative": -1,
    "float": 1.5,
    "list": [],
    "dict": {},
    "text": "mine",
    "NUL": "\0",
    "lone surrogate": "\ud800",
    "a digit too many": "01890000-0000-7000-8000-0000000000000",
}


class TestLoginOfOther:
    @pytest.mark.parametrize("bad", VERIFICATIONS.values(), ids=VERIFICATIONS.keys())
    def test_verification_that_is_no_id_is_a_field_error(
        self, caller: Caller, bad: Any
    ) -> None:
        body = {"verification": bad, "code": "123456"}
        response = caller.post("login/", json.dumps(body))
        assert response.status_code == 400
        assert response.json().keys() == {"verification"}

    @pytest.mark.parametrize(
        "bad", ["", None, True, 5, ["x"], {}, "\0", "\ud800", "x" * 201]
    )
    def test_proof_that_is_no_text_is_a_field_error(
        self, caller: Caller, bad: Any
    ) -> None:
        response = caller.post("login/", json.dumps({"proof": bad}))
        assert response.status_code == 400
        assert response.json().keys() == {"proof"}

    @pytest.mark.parametrize("bad", ["x", ":", "x:y", "0" * 32, "é:é", "％００"])
    def test_forged_proof_is_an_invalid_code(self, caller: Caller, bad: str) -> None:
        response = caller.post("login/", json.dumps({"proof": bad}))
        assert response.status_code == 400
        assert response.json()["code"] == "invalid_code"


class TestExtraMembers:
    """A32: what the body says beyond its fields is not believed."""

    EXTRA = {
        "user": 1,
        "is_staff": True,
        "approved_at": "2026-01-01T00:00:00Z",
        "used_at": None,
        "checks_left": 99,
        "expires_at": "2100-01-01T00:00:00Z",
        "purpose": "login",
        "phone_number": "+8613700137000",
        "number": "+8613700137000",
        "phone_verified": True,
    }

    def test_check_changes_only_what_a_wrong_code_changes(
        self, client: Client, pending: Verification
    ) -> None:
        body = {"code": "000000" if right_code(pending.pk) != "000000" else "1" * 6}
        client.post(
            f"/sms/verifications/{pending.pk}/check/",
            {**self.EXTRA, **body},
            content_type="application/json",
        )
        before = Verification.objects.values().get(pk=pending.pk)
        assert before == {**_values(pending), "checks_left": 4, "failed_at": ANY}

    def test_start_takes_its_two_fields_alone(self, client: Client) -> None:
        body = {**self.EXTRA, **START, "id": "01890000-0000-7000-8000-000000000000"}
        client.post("/sms/verifications/", body, content_type="application/json")
        row = Verification.objects.get()
        assert (row.phone_number.number, row.purpose) == ("+8613800138000", "register")
        assert (row.user, row.approved_at, row.checks_left) == (None, None, 5)
        assert row.expires_at < timezone.now() + timedelta(minutes=6)
        assert str(row.pk) != body["id"]


def _values(verification: Verification) -> dict[str, Any]:
    fields = verification._meta.concrete_fields
    return {field.attname: getattr(verification, field.attname) for field in fields}
