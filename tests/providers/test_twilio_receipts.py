from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from sms_verification.exceptions import InvalidPush
from sms_verification.providers import twilio_receipts
from sms_verification.types import Push, Receipt, ReceiptStatus

TOKEN = "12345"
URL = "https://site.example/sms/receipts/world/secret/"

# www.twilio.com/docs/usage/webhooks/webhooks-security
OFFICIAL_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
OFFICIAL_FIELDS = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
OFFICIAL_SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="

CALLBACK = {
    "SmsSid": "SM1",
    "SmsStatus": "delivered",
    "MessageStatus": "delivered",
    "To": "+8613800138000",
    "MessageSid": "SM1",
    "AccountSid": "AC1",
    "From": "+15017250604",
    "ApiVersion": "2010-04-01",
}


def push(
    fields: Any, url: str = URL, token: str = TOKEN, signature: str | None = None
) -> Push:
    signed = RequestValidator(token).compute_signature(url, dict(fields))
    signature = signed if signature is None else signature
    return Push(
        body=urlencode(fields).encode(),
        headers={"x-twilio-signature": signature},
        url=url,
    )


def read(url: str = URL, **changes: str) -> list[Receipt]:
    return twilio_receipts.read(push({**CALLBACK, **changes}, url), TOKEN)


class SignatureTests:
    def test_of_the_document_holds(self) -> None:
        signed = push(OFFICIAL_FIELDS, OFFICIAL_URL, signature=OFFICIAL_SIGNATURE)
        assert twilio_receipts.read(signed, TOKEN) == []

    @pytest.mark.parametrize("name", list(OFFICIAL_FIELDS))
    def test_of_the_document_holds_for_nothing_else(self, name: str) -> None:
        fields = {**OFFICIAL_FIELDS, name: "1"}
        with pytest.raises(InvalidPush):
            twilio_receipts.read(
                push(fields, OFFICIAL_URL, signature=OFFICIAL_SIGNATURE), TOKEN
            )

    @pytest.mark.parametrize("signature", ["", "x", OFFICIAL_SIGNATURE, "é"])
    def test_that_is_forged_is_refused(self, signature: str) -> None:
        with pytest.raises(InvalidPush):
            twilio_receipts.read(push(CALLBACK, signature=signature), TOKEN)

    def test_that_is_missing_is_refused(self) -> None:
        bare = Push(body=urlencode(CALLBACK).encode(), headers={}, url=URL)
        with pytest.raises(InvalidPush):
            twilio_receipts.read(bare, TOKEN)

    def test_of_another_account_is_refused(self) -> None:
        with pytest.raises(InvalidPush):
            twilio_receipts.read(push(CALLBACK, token="another"), TOKEN)

    def test_for_another_address_is_refused(self) -> None:
        signed = push(CALLBACK)
        moved = Push(body=signed.body, headers=signed.headers, url=f"{URL}?a=1")
        with pytest.raises(InvalidPush):
            twilio_receipts.read(moved, TOKEN)

    @pytest.mark.parametrize("port", ["", ":443"])
    def test_holds_with_and_without_the_port(self, port: str) -> None:
        signed = push(CALLBACK)
        url = URL.replace(".example", f".example{port}")
        again = Push(body=signed.body, headers=signed.headers, url=url)
        assert len(twilio_receipts.read(again, TOKEN)) == 1

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\xff",
            b'{"MessageStatus": "delivered"}',
            b"&".join(b"a%d=1" % n for n in range(101)),
            # Whichever of the two was meant.
            urlencode([*CALLBACK.items(), ("MessageStatus", "failed")]).encode(),
        ],
        ids=["empty", "bytes", "JSON", "many fields", "a field twice"],
    )
    def test_is_of_the_body(self, body: bytes) -> None:
        signed = push(CALLBACK)
        other = Push(body=body, headers=signed.headers, url=URL)
        with pytest.raises(InvalidPush):
            twilio_receipts.read(other, TOKEN)


class StatusTests:
    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("sent", "sent"),
            ("delivered", "delivered"),
            ("read", "delivered"),
            ("undelivered", "undelivered"),
            ("failed", "undelivered"),
            ("canceled", "undelivered"),
        ],
    )
    def test_is_one_of_ours(self, word: str, status: str) -> None:
        [receipt] = read(MessageStatus=word)
        assert (receipt.status, receipt.code) == (status, word)

    @pytest.mark.parametrize(
        "word", ["accepted", "scheduled", "queued", "sending", "received", "", "new"]
    )
    def test_before_it_left_is_no_receipt(self, word: str) -> None:
        assert read(MessageStatus=word) == []

    def test_has_the_vendor_s_code(self) -> None:
        [receipt] = read(MessageStatus="undelivered", ErrorCode="30003")
        assert (receipt.status, receipt.code) == ("undelivered", "30003")

    def test_goes_by_the_vendor_s_id(self) -> None:
        assert read() == [
            Receipt(
                status=ReceiptStatus.DELIVERED,
                code="delivered",
                message_id="SM1",
                phone_number="+8613800138000",
            )
        ]

    def test_goes_by_our_id_where_the_address_has_it(self) -> None:
        url = twilio_receipts.callback_url(URL, "f" * 32)
        assert url == f"{URL}?delivery={'f' * 32}"
        assert read(url)[0].delivery_id == "f" * 32
