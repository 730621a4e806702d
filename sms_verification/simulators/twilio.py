"""Twilio's Programmable Messaging: one message a request."""

from __future__ import annotations

import secrets
from base64 import b64decode
from email.utils import format_datetime
from hmac import compare_digest
from typing import Any

from django.http import HttpRequest

from sms_verification.simulators import numbers
from sms_verification.simulators.accounts import TwilioAccount
from sms_verification.simulators.answers import Answer, Refused
from sms_verification.simulators.messages import SimulatedMessage
from sms_verification.simulators.receipts import Push, Receipt, twilio_callback
from sms_verification.simulators.vendors import Vendor

_CONTENT_TYPE = "application/json;charset=utf-8"
_API = "2010-04-01"
_STATUS = {"20003": 401, "20404": 404, "20429": 429, "20500": 500}
_LONGEST_BODY = 1600


class Twilio(Vendor):
    name = "twilio"
    outage = "20500"

    def reset(self) -> None:
        super().reset()
        self.account = TwilioAccount()

    def accept(self, request: HttpRequest) -> Answer:
        self._authenticate(request)
        sid = self.account.account_sid
        if request.path.split("/")[-2] != sid:
            raise Refused("20404", "The requested resource was not found.")
        form = request.POST
        sender = form.get("MessagingServiceSid") or form.get("From", "")
        message = self._message(form.get("To", ""), sender, form.get("Body", ""))
        self.inbox.add(message)
        return Answer(self._created(message), _CONTENT_TYPE, 201)

    def refuse(self, request: HttpRequest, refused: Refused) -> Answer:
        status = refused.status or _STATUS.get(refused.code, 400)
        data = {
            "code": int(refused.code),
            "message": refused.text,
            "more_info": f"https://www.twilio.com/docs/errors/{refused.code}",
            "status": status,
        }
        return Answer(data, _CONTENT_TYPE, status)

    def push(self, url: str, receipts: list[Receipt]) -> Push:
        account = self.account
        return twilio_callback(url, receipts, account.account_sid, account.auth_token)

    def _authenticate(self, request: HttpRequest) -> None:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            given = b64decode(encoded, validate=True) if scheme == "Basic" else b""
        except ValueError:
            given = b""
        right = f"{self.account.account_sid}:{self.account.auth_token}"
        if not compare_digest(given, right.encode()):
            raise Refused("20003", "Authenticate")

    def _message(self, to: str, sender: str, body: str) -> SimulatedMessage:
        for given, code, name in (
            (to, "21604", "'To' phone number"),
            (sender, "21603", "'From' phone number"),
            (body, "21602", "message body"),
        ):
            if not given:
                raise Refused(code, f"A {name} is required.")
        if len(body) > _LONGEST_BODY:
            raise Refused("21617", "The message body is over 1600 characters.")
        number = numbers.e164(to)
        if number is None:
            raise Refused("21211", "The 'To' number is not a valid phone number.")
        if sender not in self.account.senders:
            raise Refused("21606", "The 'From' number is none of this account.")
        return SimulatedMessage(
            vendor=self.name,
            phone_number=number,
            text=body,
            sent_at=self.inbox.now(),
            message_id=f"SM{secrets.token_hex(16)}",
            sign_name=sender,
        )

    def _created(self, message: SimulatedMessage) -> dict[str, Any]:
        sid, at = message.message_id, format_datetime(message.sent_at)
        account, by_service = self.account.account_sid, message.sign_name[:2] == "MG"
        uri = f"/{_API}/Accounts/{account}/Messages/{sid}"
        return {
            "account_sid": account,
            "api_version": _API,
            "body": message.text,
            "date_created": at,
            "date_sent": None,
            "date_updated": at,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": None if by_service else message.sign_name,
            "messaging_service_sid": message.sign_name if by_service else None,
            "num_media": "0",
            "num_segments": "0" if by_service else "1",
            "price": None,
            "price_unit": "USD",
            "sid": sid,
            "status": "accepted" if by_service else "queued",
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": message.phone_number,
            "uri": f"{uri}.json",
        }
