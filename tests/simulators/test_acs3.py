"""Against the vendor's published example, and what its library signs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qsl

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sms_verification.simulators import acs3
from sms_verification.simulators.answers import Refused

EMPTY = sha256(b"").hexdigest()
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

PUBLISHED_QUERY = (
    "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
)
PUBLISHED = {
    "host": "ecs.cn-shanghai.aliyuncs.com",
    "x-acs-action": "RunInstances",
    "x-acs-content-sha256": EMPTY,
    "x-acs-date": "2023-10-26T10:22:32Z",
    "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
    "x-acs-version": "2014-05-26",
}
QUERY = (
    "OutId=out-1&PhoneNumbers=13900001234&SignName=%E9%98%BF%E9%87%8C%E4%BA%91"
    "&TemplateCode=SMS_123456789&TemplateParam=%7B%22code%22%3A%22123456%22%7D"
)
SEND_SMS = {
    "host": "dysmsapi.aliyuncs.com",
    "x-acs-action": "SendSms",
    "x-acs-content-sha256": EMPTY,
    "x-acs-date": "2026-01-02T03:04:05Z",
    "x-acs-signature-nonce": "0123456789abcdef0123456789abcdef",
    "x-acs-version": "2017-05-25",
}
OF_THE_SDK = {"accept": "application/json", "user-agent": "UA"}
MINIMAL_SIGNATURE = "1fa67ddf1e0cbabd35e9da4824447121957a5012a1d874150bb17e8ccdd0526b"
SECRET = "testAccessKeySecret"


def signature(
    query: str, headers: dict[str, str], secret: str = SECRET, body: bytes = b""
) -> str:
    return acs3.sign(secret, acs3.canonical_request("POST", "/", query, headers, body))


def authorized(headers: dict[str, str], signature: str) -> dict[str, str]:
    names = ";".join(sorted(headers))
    value = (
        f"ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders={names},"
        f"Signature={signature}"
    )
    return {**headers, "authorization": value}


def code_of(
    headers: dict[str, str],
    query: str = QUERY,
    body: bytes = b"",
    now: datetime = NOW,
    secret: str = SECRET,
) -> str | None:
    try:
        acs3.verify(
            secret,
            method="POST",
            path="/",
            query=query,
            headers=headers,
            body=body,
            now=now,
        )
    except Refused as refused:
        return refused.code
    return None


class SignTests:
    def test_it_is_the_published_example(self) -> None:
        canonical = acs3.canonical_request("POST", "/", PUBLISHED_QUERY, PUBLISHED, b"")
        assert sha256(canonical.encode()).hexdigest() == (
            "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
        )
        assert acs3.sign("YourAccessKeySecret", canonical) == (
            "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        )

    def test_a_send_sms_with_the_least_headers(self) -> None:
        assert signature(QUERY, SEND_SMS) == MINIMAL_SIGNATURE

    def test_a_send_sms_of_the_vendors_library(self) -> None:
        headers = SEND_SMS | OF_THE_SDK | {"x-acs-credentials-provider": "static_ak"}
        assert signature(QUERY, headers) == (
            "1c9fd88329108c13559eb9df532392b008c87fd108373c0169e5899177b9a182"
        )

    def test_a_send_sms_of_the_vendors_library_with_a_token(self) -> None:
        headers = SEND_SMS | OF_THE_SDK
        headers |= {
            "x-acs-credentials-provider": "static_sts",
            "x-acs-accesskey-id": "testAccessKeyId",
            "x-acs-security-token": "TESTSTSTOKEN",
        }
        assert signature(QUERY, headers) == (
            "2b89175c7cd1bb84b04c1e296119e43569222283a7ef2ba5b40ca6282c14a157"
        )

    def test_order_case_and_blanks_of_what_is_signed_do_not_matter(self) -> None:
        headers = {k.upper(): f" {v} " for k, v in reversed(SEND_SMS.items())}
        query = "&".join(reversed(QUERY.split("&")))
        assert signature(query, headers) == MINIMAL_SIGNATURE

    def test_a_space_is_signed_alike_however_it_was_sent(self) -> None:
        assert signature("a=b+c", SEND_SMS) == signature("a=b%20c", SEND_SMS)

    def test_a_parameter_without_a_value_is_signed(self) -> None:
        assert signature("a=&b=1", SEND_SMS) != signature("b=1", SEND_SMS)

    def test_the_path_is_signed(self) -> None:
        canonical = acs3.canonical_request("POST", "/a b/~", QUERY, SEND_SMS, b"")
        assert canonical.startswith("POST\n/a%20b/~\nOutId=")


class VerifyTests:
    def test_a_right_signature_is_accepted(self) -> None:
        assert code_of(authorized(SEND_SMS, MINIMAL_SIGNATURE)) is None

    def test_another_key_is_refused(self) -> None:
        headers = authorized(SEND_SMS, MINIMAL_SIGNATURE)
        assert code_of(headers, secret="another") == "SignatureDoesNotMatch"

    @given(data=st.data())
    def test_any_byte_of_the_query_changed_is_refused(
        self, data: st.DataObject
    ) -> None:
        query = changed(data, QUERY)
        assume(sorted(parse_qsl(query, True)) != sorted(parse_qsl(QUERY, True)))
        headers = authorized(SEND_SMS, MINIMAL_SIGNATURE)
        assert code_of(headers, query=query) == "SignatureDoesNotMatch"

    @given(data=st.data(), name=st.sampled_from(sorted(SEND_SMS)))
    def test_any_byte_of_a_header_changed_is_refused(
        self, data: st.DataObject, name: str
    ) -> None:
        value = changed(data, SEND_SMS[name])
        assume(value.strip() != SEND_SMS[name])
        headers = authorized(SEND_SMS, MINIMAL_SIGNATURE) | {name: value}
        assert code_of(headers) == "SignatureDoesNotMatch"

    @given(data=st.data())
    def test_any_byte_of_the_body_changed_is_refused(self, data: st.DataObject) -> None:
        body = "a=1&b=2"
        hashed = sha256(body.encode()).hexdigest()
        headers = SEND_SMS | {"x-acs-content-sha256": hashed}
        headers = authorized(headers, signature(QUERY, headers, body=body.encode()))
        assert code_of(headers, body=body.encode()) is None
        other = changed(data, body).encode()
        assert code_of(headers, body=other) == "SignatureDoesNotMatch"

    @given(data=st.data())
    def test_any_byte_of_the_signature_changed_is_refused(
        self, data: st.DataObject
    ) -> None:
        headers = authorized(SEND_SMS, changed(data, MINIMAL_SIGNATURE))
        assert code_of(headers) in {"SignatureDoesNotMatch", "IncompleteSignature"}

    def test_a_hash_that_is_not_the_bodys_is_refused_though_it_is_signed(self) -> None:
        headers = SEND_SMS | {"x-acs-content-sha256": "0" * 64}
        headers = authorized(headers, signature(QUERY, headers))
        assert code_of(headers) == "SignatureDoesNotMatch"

    @pytest.mark.parametrize("unsigned", ["host", "x-acs-action", "x-acs-version"])
    def test_a_header_that_must_be_signed_is(self, unsigned: str) -> None:
        signed = {k: v for k, v in SEND_SMS.items() if k != unsigned}
        headers = authorized(signed, signature(QUERY, signed))
        assert code_of(headers | SEND_SMS) == "IncompleteSignature"

    @pytest.mark.parametrize(
        "missing",
        ["host", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"],
    )
    def test_a_header_that_must_be_sent_is(self, missing: str) -> None:
        headers = {k: v for k, v in SEND_SMS.items() if k != missing}
        headers = authorized(headers, signature(QUERY, headers))
        assert code_of(headers) == "IncompleteSignature"

    def test_a_header_that_is_signed_but_not_sent_is_refused(self) -> None:
        headers = authorized(SEND_SMS | {"accept": "x"}, MINIMAL_SIGNATURE)
        del headers["accept"]
        assert code_of(headers) == "IncompleteSignature"

    @pytest.mark.parametrize("value", ["", "Basic abc", "ACS3-HMAC-SHA256 Credential="])
    def test_another_authorization_is_refused(self, value: str) -> None:
        assert code_of(SEND_SMS | {"authorization": value}) == "IncompleteSignature"

    def test_no_authorization_is_refused(self) -> None:
        assert code_of(SEND_SMS) == "IncompleteSignature"

    @pytest.mark.parametrize("seconds", [-900, 900])
    def test_a_clock_may_be_off_by_15_minutes(self, seconds: int) -> None:
        headers = authorized(SEND_SMS, MINIMAL_SIGNATURE)
        assert code_of(headers, now=NOW + timedelta(seconds=seconds)) is None

    @pytest.mark.parametrize("seconds", [-901, 901])
    def test_a_clock_off_by_more_is_refused(self, seconds: int) -> None:
        headers = authorized(SEND_SMS, MINIMAL_SIGNATURE)
        now = NOW + timedelta(seconds=seconds)
        assert code_of(headers, now=now) == "InvalidTimeStamp.Expired"

    def test_a_date_that_is_none_is_refused(self) -> None:
        headers = SEND_SMS | {"x-acs-date": "now"}
        headers = authorized(headers, signature(QUERY, headers))
        assert code_of(headers) == "InvalidTimeStamp.Format"


def changed(data: st.DataObject, text: str) -> str:
    """Return the text with another printable character in one place."""
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
    assume(other != text[place])
    return text[:place] + other + text[place + 1 :]
