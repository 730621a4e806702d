"""A vendor's later word on what became of an SMS, and how it is sent."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from hmac import digest as hmac
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import phonenumbers

from sms_verification.simulators.messages import SimulatedMessage

__all__ = ["Push", "PushAnswer", "Receipt"]

_CHINA = timezone(timedelta(hours=8))


def china_time(at: datetime) -> str:
    return at.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True)
class Receipt:
    """What became of one message."""

    message: SimulatedMessage
    delivered: bool
    code: str
    at: datetime


@dataclass(frozen=True)
class PushAnswer:
    """What the host said to a push."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Push:
    """One POST of receipts to a host.

    ``body`` and ``headers`` are what to give Django's test client where no server
    runs. Alibaba Cloud waits 0.7 s for the answer.
    """

    url: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str]
    timeout: float = 5

    def send(self) -> PushAnswer:
        """Send it, once more if it was before. Raise ``OSError``."""
        url = urlsplit(self.url)
        connection = HTTPConnection(url.netloc, timeout=self.timeout)
        target = f"{url.path}?{url.query}" if url.query else url.path
        try:
            connection.request("POST", target, self.body, dict(self.headers))
            response = connection.getresponse()
            return PushAnswer(response.status, response.read())
        finally:
            connection.close()


def sms_report(url: str, receipts: Sequence[Receipt]) -> Push:
    """Alibaba Cloud's, as help.aliyun.com/document_detail/101867 describes it."""
    reports = [
        {
            "phone_number": r.message.phone_number.removeprefix("+86").lstrip("+"),
            "send_time": china_time(r.message.sent_at),
            "report_time": china_time(r.at),
            "success": r.delivered,
            "err_code": r.code or ("DELIVERED" if r.delivered else "UNDELIV"),
            "err_msg": "用户接收成功" if r.delivered else "用户接收失败",
            "sms_size": "1",
            "biz_id": r.message.message_id,
            "out_id": r.message.out_id,
        }
        for r in receipts
    ]
    return _json(url, reports, "application/json;charset=utf-8", timeout=0.7)


def tencent_callback(url: str, receipts: Sequence[Receipt]) -> Push:
    """Tencent Cloud's, as cloud.tencent.com/document/api/382/59178 describes it."""
    reports = [
        {
            "user_receive_time": china_time(r.at),
            "nationcode": nation_code(r.message.phone_number),
            "mobile": subscriber(r.message.phone_number),
            "report_status": "SUCCESS" if r.delivered else "FAIL",
            "errmsg": r.code or ("DELIVRD" if r.delivered else "UNDELIV"),
            "description": tencent_description(r),
            "sid": r.message.message_id,
            "ext": r.message.out_id,
        }
        for r in receipts
    ]
    return _json(url, reports, "application/json")


def twilio_callback(
    url: str, receipts: Sequence[Receipt], account_sid: str, auth_token: str
) -> Push:
    """Twilio's form with ``X-Twilio-Signature``: one message a request."""
    (receipt,) = receipts
    message = receipt.message
    fields = {
        "MessageSid": message.message_id,
        "SmsSid": message.message_id,
        "MessageStatus": "delivered" if receipt.delivered else "undelivered",
        "SmsStatus": "delivered" if receipt.delivered else "undelivered",
        "To": message.phone_number,
        "From": message.sign_name,
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
    }
    if not receipt.delivered:
        fields["ErrorCode"] = receipt.code or "30003"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": twilio_signature(auth_token, url, fields),
    }
    return Push(url, urlencode(fields).encode(), headers)


def twilio_signature(auth_token: str, url: str, fields: Mapping[str, str]) -> str:
    """Sign as www.twilio.com/docs/usage/webhooks/webhooks-security describes it."""
    signed = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return b64encode(hmac(auth_token.encode(), signed.encode(), "sha1")).decode()


def tencent_description(receipt: Receipt) -> str:
    return "用户短信送达成功" if receipt.delivered else "用户短信送达失败"


def nation_code(number: str) -> str:
    """Return the country calling code of a number in E.164."""
    return str(phonenumbers.parse(number).country_code)


def subscriber(number: str) -> str:
    """Return a number in E.164 without its country calling code."""
    return number.removeprefix(f"+{nation_code(number)}")


def _json(url: str, data: Any, content_type: str, timeout: float = 5) -> Push:
    body = json.dumps(data, ensure_ascii=False).encode()
    return Push(url, body, {"Content-Type": content_type}, timeout)
