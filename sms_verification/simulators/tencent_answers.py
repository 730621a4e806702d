"""The forms in which Tencent Cloud answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sms_verification.simulators import numbers
from sms_verification.simulators.answers import Answer, Refused
from sms_verification.simulators.messages import SimulatedMessage
from sms_verification.simulators.receipts import (
    Receipt,
    nation_code,
    subscriber,
    tencent_description,
)
from sms_verification.simulators.tencent_requests import read

# With a charset in it, the vendor's own library takes an error for an answer.
_CONTENT_TYPE = "application/json"


def answer(data: Mapping[str, Any], http_status: int = 200) -> Answer:
    response = {**data, "RequestId": str(uuid4())}
    return Answer({"Response": response}, _CONTENT_TYPE, http_status)


def statuses(body: bytes, refused: Refused) -> list[dict[str, Any]]:
    params = read("SendSms", body)
    return [
        status(given, params, refused=refused) for given in params["PhoneNumberSet"]
    ]


def status(
    given: str,
    params: Mapping[str, Any],
    *,
    message: SimulatedMessage | None = None,
    refused: Refused | None = None,
) -> dict[str, Any]:
    return {
        "SerialNo": message.message_id if message else "",
        "PhoneNumber": given,
        "Fee": 1 if message else 0,
        "SessionContext": params.get("SessionContext", ""),
        "Code": refused.code if refused else "Ok",
        "Message": refused.text if refused else "send success",
        "IsoCode": "CN"
        if message and numbers.is_mainland(message.phone_number)
        else "",
    }


def pulled(receipt: Receipt) -> dict[str, Any]:
    number = receipt.message.phone_number
    return {
        "UserReceiveTime": int(receipt.at.timestamp()),
        "CountryCode": nation_code(number),
        "SubscriberNumber": subscriber(number),
        "PhoneNumber": number,
        "SerialNo": receipt.message.message_id,
        "ReportStatus": "SUCCESS" if receipt.delivered else "FAIL",
        "Description": receipt.code or tencent_description(receipt),
        "SessionContext": receipt.message.out_id,
    }
