"""Against the vendor's published examples, and what its library signs."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sms_verification.simulators import tc3
from sms_verification.simulators.answers import Refused
from tests.simulators.test_acs3 import changed

PUBLISHED_BODY = (
    rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], '
    rb'"Name": "instance-name"}]}'
)
PUBLISHED = {
    "content-type": "application/json; charset=utf-8",
    "host": "cvm.tencentcloudapi.com",
}
WITH_ACTION = PUBLISHED | {"x-tc-action": "describeinstances"}

BODY = (
    rb'{"PhoneNumberSet": ["+8613900001234"], "SmsSdkAppId": "1400006666", '
    rb'"TemplateId": "449739", "SignName": "\u817e\u8baf\u4e91", '
    rb'"TemplateParamSet": ["123456", "5"], "SessionContext": "out-1"}'
)
HEADERS = {"content-type": "application/json", "host": "sms.tencentcloudapi.com"}
TIME = 1767323045
DATE = "2026-01-02"
SECRET = "testSecretKey"
SIGNATURE = "71127b6d9dc0b61cd8b7cc5faeb799c1f9cdd760ec716e0f74c523e9c000d15f"


def authorized(
    signature: str = SIGNATURE,
    *,
    date: str = DATE,
    service: str = "sms",
    signed: str = "content-type;host",
) -> dict[str, str]:
    value = (
        f"TC3-HMAC-SHA256 Credential=testSecretId/{date}/{service}/tc3_request, "
        f"SignedHeaders={signed}, Signature={signature}"
    )
    return {**HEADERS, "x-tc-timestamp": str(TIME), "authorization": value}


def code_of(
    headers: dict[str, str],
    body: bytes = BODY,
    secret: str = SECRET,
    now: int = TIME,
) -> str | None:
    at = datetime.fromtimestamp(now, UTC)
    try:
        tc3.verify(secret, service="sms", headers=headers, body=body, now=at)
    except Refused as refused:
        return refused.code
    return None


class SignTests:
    @pytest.mark.parametrize(
        ("secret", "headers", "signature"),
        [
            (
                "*" * 32,
                WITH_ACTION,
                "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f",
            ),
            (
                "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
                PUBLISHED,
                "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168",
            ),
            (
                "Gu5t9xGARNpq86cd98joQYCN3*******",
                PUBLISHED,
                "2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c",
            ),
            (
                "Gu5t9xGARNpq86cd98joQYCN3*******",
                WITH_ACTION,
                "be4f67d323c78ab9acb7395e43c0dbcf822a9cfac32fea2449a7bc7726b770a3",
            ),
        ],
    )
    def test_it_is_the_published_example(
        self, secret: str, headers: dict[str, str], signature: str
    ) -> None:
        canonical = tc3.canonical_request(headers, PUBLISHED_BODY)
        assert tc3.sign(secret, "cvm", 1551113065, canonical) == signature

    def test_its_canonical_form_is_the_published_one(self) -> None:
        canonical = tc3.canonical_request(WITH_ACTION, PUBLISHED_BODY)
        assert sha256(canonical.encode()).hexdigest() == (
            "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
        )

    def test_a_send_sms_of_the_vendors_library(self) -> None:
        canonical = tc3.canonical_request(HEADERS, BODY)
        assert tc3.sign(SECRET, "sms", TIME, canonical) == SIGNATURE


class VerifyTests:
    def test_a_right_signature_is_accepted(self) -> None:
        assert code_of(authorized()) is None

    def test_the_same_request_is_accepted_twice(self) -> None:
        # It has no nonce: who sends it again sends another SMS.
        assert code_of(authorized()) is None
        assert code_of(authorized()) is None

    def test_another_key_is_refused(self) -> None:
        assert code_of(authorized(), secret="x") == "AuthFailure.SignatureFailure"

    @given(data=st.data())
    def test_any_byte_of_the_body_changed_is_refused(self, data: st.DataObject) -> None:
        body = changed(data, BODY.decode()).encode()
        assert code_of(authorized(), body) == "AuthFailure.SignatureFailure"

    @given(data=st.data(), name=st.sampled_from(sorted(HEADERS)))
    def test_any_byte_of_a_signed_header_changed_is_refused(
        self, data: st.DataObject, name: str
    ) -> None:
        headers = authorized() | {name: changed(data, HEADERS[name])}
        assert code_of(headers) == "AuthFailure.SignatureFailure"

    @given(data=st.data())
    def test_any_byte_of_the_signature_changed_is_refused(
        self, data: st.DataObject
    ) -> None:
        code = code_of(authorized(changed(data, SIGNATURE)))
        assert code is not None
        assert code.startswith("AuthFailure.")

    @given(seconds=st.integers(-300, 300))
    def test_another_time_is_refused(self, seconds: int) -> None:
        assume(seconds)
        headers = authorized() | {"x-tc-timestamp": str(TIME + seconds)}
        assert code_of(headers) == "AuthFailure.SignatureFailure"

    @pytest.mark.parametrize(
        "scope", [{"date": "2026-01-03"}, {"service": "cvm"}], ids=["date", "service"]
    )
    def test_another_scope_is_refused(self, scope: dict[str, str]) -> None:
        assert code_of(authorized(**scope)) == "AuthFailure.SignatureFailure"

    @pytest.mark.parametrize("signed", ["host", "content-type", "content-type;host;x"])
    def test_headers_that_must_be_signed_are(self, signed: str) -> None:
        headers = authorized(signed=signed)
        assert code_of(headers) == "AuthFailure.InvalidAuthorization"

    @pytest.mark.parametrize("value", ["", "Basic abc", "TC3-HMAC-SHA256 Credential="])
    def test_another_authorization_is_refused(self, value: str) -> None:
        headers = HEADERS | {"authorization": value}
        assert code_of(headers) == "AuthFailure.InvalidAuthorization"

    def test_no_authorization_is_refused(self) -> None:
        assert code_of(HEADERS) == "AuthFailure.InvalidAuthorization"

    @pytest.mark.parametrize("seconds", [-300, 300])
    def test_a_clock_may_be_off_by_5_minutes(self, seconds: int) -> None:
        assert code_of(authorized(), now=TIME + seconds) is None

    @pytest.mark.parametrize("seconds", [-301, 301])
    def test_a_clock_off_by_more_is_refused(self, seconds: int) -> None:
        code = code_of(authorized(), now=TIME + seconds)
        assert code == "AuthFailure.SignatureExpire"

    @pytest.mark.parametrize("value", ["", "now", "-1"])
    def test_a_time_that_is_none_is_refused(self, value: str) -> None:
        headers = authorized() | {"x-tc-timestamp": value}
        assert code_of(headers) == "MissingParameter"
