"""What the services of Alibaba Cloud have in common: their gateway."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from django.http import HttpRequest

from sms_verification.simulators import acs3
from sms_verification.simulators.accounts import (
    AliyunAccount,
    DypnsAccount,
    Template,
)
from sms_verification.simulators.answers import Answer, Refused
from sms_verification.simulators.receipts import Push, Receipt, sms_report
from sms_verification.simulators.vendors import Vendor, new_uuid

_CONTENT_TYPE = "application/json;charset=utf-8"
_VERSION = "2017-05-25"
# Of the service itself, which answers 200. All other codes are the gateway's.
_BUSINESS = ("isv.", "isp.", "biz.", "MOBILE_")
_STATUS = {
    "InvalidAccessKeyId.NotFound": 404,
    "InvalidAction.NotFound": 404,
    "InternalError": 500,
    "ServiceUnavailable": 503,
}
_CODE = re.compile(r"[A-Za-z0-9]{4,6}", re.ASCII)
_VARIABLE = re.compile(r"\$\{(\w+)\}")

Params = Mapping[str, str]


class AcsVendor(Vendor):
    """A service whose requests are signed by ACS3, its parameters in the query."""

    outage = "ServiceUnavailable"
    host_id: ClassVar[str]
    account: AliyunAccount | DypnsAccount

    def reset(self) -> None:
        super().reset()
        self._nonces: set[str] = set()

    def accept(self, request: HttpRequest) -> Answer:
        self._authenticate(request)
        if request.headers.get("x-acs-version") != _VERSION:
            raise Refused("InvalidVersion", "Specified parameter Version is not valid.")
        action = self.actions().get(request.headers.get("x-acs-action", ""))
        if action is None:
            raise Refused("InvalidAction.NotFound", "Specified api is not found.")
        query = request.META["QUERY_STRING"]
        data = action(dict(parse_qsl(query, keep_blank_values=True)))
        return Answer({"RequestId": new_uuid(), **data}, _CONTENT_TYPE)

    def refuse(self, request: HttpRequest, refused: Refused) -> Answer:
        data = {
            "RequestId": new_uuid(),
            "Code": refused.code,
            "Message": refused.text,
        }
        if refused.code.startswith(_BUSINESS):
            return Answer(data, _CONTENT_TYPE, refused.status or 200)
        data["HostId"] = self.host_id
        data["Recommend"] = "https://api.aliyun.com/troubleshoot"
        status = refused.status or _STATUS.get(refused.code, 400)
        return Answer(data, _CONTENT_TYPE, status)

    def push(self, url: str, receipts: list[Receipt]) -> Push:
        return sms_report(url, receipts)

    @abstractmethod
    def actions(self) -> Mapping[str, Callable[[Params], dict[str, Any]]]:
        """Return what the service can do, by the names of ``x-acs-action``."""

    def _authenticate(self, request: HttpRequest) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        credentials = acs3.read(headers.get("authorization", ""))
        if credentials.key_id != self.account.access_key_id:
            raise Refused("InvalidAccessKeyId.NotFound", "No such access key.")
        acs3.verify(
            self.account.access_key_secret,
            method=str(request.method),
            path=request.path,
            query=request.META["QUERY_STRING"],
            headers=headers,
            body=request.body,
            now=self.inbox.now(),
        )
        nonce = headers["x-acs-signature-nonce"]
        if nonce in self._nonces:
            raise Refused("SignatureNonceUsed", "The nonce was used already.")
        self._nonces.add(nonce)


def required(params: Params, name: str) -> str:
    if not params.get(name):
        raise Refused(f"Missing{name}", f"{name} is mandatory for this action.")
    return params[name]


def template_params(text: str) -> dict[str, str]:
    """Read ``TemplateParam``: a JSON object of strings."""
    try:
        params = json.loads(text)
    except ValueError:
        raise Refused("isv.INVALID_JSON_PARAM", "TemplateParam is no JSON.") from None
    if not isinstance(params, dict):
        raise Refused("isv.INVALID_JSON_PARAM", "TemplateParam is no object.")
    if not all(isinstance(value, str) for value in params.values()):
        raise Refused("isv.TEMPLATE_PARAMS_ILLEGAL", "A variable is no string.")
    return params


def render(template: Template, params: Params) -> str:
    """Return the text. Raise ``Refused`` unless it has just these variables."""
    names = set(_VARIABLE.findall(template.text))
    if names - params.keys():
        raise Refused("isv.TEMPLATE_MISSING_PARAMETERS", "A variable is missing.")
    if params.keys() - names:
        raise Refused("isv.TEMPLATE_PARAMS_ILLEGAL", "The template lacks a variable.")
    if "code" in params and not _CODE.fullmatch(params["code"]):
        raise Refused("isv.TEMPLATE_PARAMS_ILLEGAL", "A code has 4 to 6 characters.")
    return _VARIABLE.sub(lambda match: params[match[1]], template.text)
