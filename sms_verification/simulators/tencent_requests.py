"""What Tencent Cloud takes in a request, and of which types."""

from __future__ import annotations

import json
from typing import Any

from sms_verification.simulators.answers import Refused

# Whether it must be there, and its type. A list is one of strings.
_PARAMETERS: dict[str, dict[str, tuple[bool, type]]] = {
    "SendSms": {
        "PhoneNumberSet": (True, list),
        "SmsSdkAppId": (True, str),
        "TemplateId": (True, str),
        "SignName": (False, str),
        "TemplateParamSet": (False, list),
        "ExtendCode": (False, str),
        "SessionContext": (False, str),
        "SenderId": (False, str),
    },
    "PullSmsSendStatus": {"Limit": (True, int), "SmsSdkAppId": (True, str)},
    "PullSmsSendStatusByPhoneNumber": {
        "BeginTime": (True, int),
        "EndTime": (False, int),
        "Offset": (True, int),
        "Limit": (True, int),
        "PhoneNumber": (True, str),
        "SmsSdkAppId": (True, str),
    },
}
_MOST_NUMBERS = 200
_MOST_RECEIPTS = 100
_LONGEST_CONTEXT = 512  # bytes, and fewer than that


def read(action: str, body: bytes) -> dict[str, Any]:
    """Return the parameters of a request. Raise ``Refused`` for what no API takes."""
    params = _object(body)
    allowed = _PARAMETERS[action]
    if params.keys() - allowed.keys():
        raise Refused("UnknownParameter", "The request has a parameter too many.")
    for name, (must, kind) in allowed.items():
        if name not in params:
            if must:
                raise Refused("MissingParameter", f"{name} is missing.")
        elif not _is(params[name], kind):
            raise Refused("InvalidParameter", f"{name} is of another type.")
    _check_sizes(params)
    return params


def _object(body: bytes) -> dict[str, Any]:
    try:
        params = json.loads(body)
    except ValueError:
        raise Refused("InvalidParameter", "The body is no JSON.") from None
    if not isinstance(params, dict):
        raise Refused("InvalidParameter", "The body is no object.")
    return params


def _is(value: object, kind: type) -> bool:
    if isinstance(value, list):
        return kind is list and all(isinstance(item, str) for item in value)
    return type(value) is kind


def _check_sizes(params: dict[str, Any]) -> None:
    phone_numbers = params.get("PhoneNumberSet", ["one"])
    if not phone_numbers:
        raise Refused("MissingParameter.EmptyPhoneNumberSet")
    if len(phone_numbers) > _MOST_NUMBERS:
        raise Refused("LimitExceeded.PhoneNumberCountLimit")
    if len(params.get("SessionContext", "").encode()) >= _LONGEST_CONTEXT:
        raise Refused("InvalidParameter", "SessionContext has 512 bytes or more.")
    if not 1 <= params.get("Limit", 1) <= _MOST_RECEIPTS:
        raise Refused("InvalidParameter", "Limit is not from 1 to 100.")
