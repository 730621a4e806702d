"""Tencent Cloud's short message service: SendSms and asking for receipts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.http import HttpRequest

from sms_verification.simulators import numbers, tc3
from sms_verification.simulators.accounts import Template, TencentAccount
from sms_verification.simulators.answers import Answer, Refused
from sms_verification.simulators.messages import SimulatedMessage
from sms_verification.simulators.receipts import (
    Push,
    Receipt,
    tencent_callback,
)
from sms_verification.simulators.tencent_answers import (
    answer,
    pulled,
    status,
    statuses,
)
from sms_verification.simulators.tencent_requests import read
from sms_verification.simulators.vendors import Vendor, digits

_VERSION = "2021-01-11"
# What is refused for one number, and told in its place among the others.
_OF_A_NUMBER = (
    "FailedOperation.",
    "InvalidParameterValue.",
    "LimitExceeded.",
    "UnauthorizedOperation.",
    "UnsupportedOperation.",
)
_VARIABLE = re.compile(r"\{(\d+)\}")
_VALUE = re.compile(r"\d{0,6}", re.ASCII)

Params = Mapping[str, Any]


class Tencent(Vendor):
    name = "tencent"
    outage = "InternalError"

    def reset(self) -> None:
        super().reset()
        self.account = TencentAccount()

    def accept(self, request: HttpRequest) -> Answer:
        self._authenticate(request)
        if request.headers.get("x-tc-version") != _VERSION:
            raise Refused("NoSuchVersion", "X-TC-Version is not one of this service.")
        if not request.headers.get("x-tc-region"):
            raise Refused("MissingParameter", "X-TC-Region is missing.")
        action = request.headers.get("x-tc-action", "")
        if action == "SendSms":
            return self._send(read(action, request.body))
        if action == "PullSmsSendStatus":
            return self._pull(read(action, request.body))
        if action == "PullSmsSendStatusByPhoneNumber":
            return self._pull_of_number(read(action, request.body))
        raise Refused("InvalidAction", "The action is none of this service.")

    def refuse(self, request: HttpRequest, refused: Refused) -> Answer:
        data: dict[str, Any] = {
            "Error": {"Code": refused.code, "Message": refused.text}
        }
        if refused.code.startswith(_OF_A_NUMBER):
            with suppress(Refused):  # it has no numbers to speak of
                data = {"SendStatusSet": statuses(request.body, refused)}
        return answer(data, refused.status or 200)

    def push(self, url: str, receipts: list[Receipt]) -> Push:
        return tencent_callback(url, receipts)

    def _authenticate(self, request: HttpRequest) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        credentials = tc3.read(headers.get("authorization", ""))
        if credentials.key_id != self.account.secret_id:
            raise Refused("AuthFailure.SecretIdNotFound", "No such SecretId.")
        tc3.verify(
            self.account.secret_key,
            service="sms",
            headers=headers,
            body=request.body,
            now=self.inbox.now(),
        )

    def _send(self, params: Params) -> Answer:
        parsed = [numbers.tencent(number) for number in params["PhoneNumberSet"]]
        mainland = {numbers.is_mainland(n) for n in parsed if n is not None}
        if len(mainland) == 2:
            raise Refused(
                "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber"
            )
        sent = [
            self._send_one(given, number, params)
            for given, number in zip(params["PhoneNumberSet"], parsed, strict=True)
        ]
        return answer({"SendStatusSet": sent})

    def _send_one(
        self, given: str, number: str | None, params: Params
    ) -> dict[str, Any]:
        try:
            message = self._message(number, params)
        except Refused as refused:
            return status(given, params, refused=refused)
        self.inbox.add(message)
        return status(given, params, message=message)

    def _message(self, number: str | None, params: Params) -> SimulatedMessage:
        if number is None:
            raise Refused("InvalidParameterValue.IncorrectPhoneNumber")
        if params["SmsSdkAppId"] not in self.account.sdk_app_ids:
            raise Refused("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
        template = self.account.templates.get(params["TemplateId"])
        if template is None:
            raise Refused("FailedOperation.TemplateUnapprovedOrNotExist")
        sign_name = params.get("SignName", "")
        # Messages to other countries may go without.
        if sign_name not in self.account.sign_names and (
            sign_name or numbers.is_mainland(number)
        ):
            raise Refused("FailedOperation.SignatureIncorrectOrUnapproved")
        _check_destination(number, template)
        values = params.get("TemplateParamSet", [])
        text = _render(template, values)
        message = SimulatedMessage(
            vendor=self.name,
            phone_number=number,
            text=f"【{sign_name}】{text}" if sign_name else text,
            sent_at=self.inbox.now(),
            message_id=f"5000:{digits(28)}",
            out_id=params.get("SessionContext", ""),
            sign_name=sign_name,
            template=params["TemplateId"],
            params={str(i): value for i, value in enumerate(values, start=1)},
        )
        return self.within_limits(message, self.account.limits)

    def _pull(self, params: Params) -> Answer:
        """Hand out each receipt once."""
        self._check_app(params)
        limit = params["Limit"]
        first, self.receipts = self.receipts[:limit], self.receipts[limit:]
        return answer({"PullSmsSendStatusSet": [pulled(r) for r in first]})

    def _pull_of_number(self, params: Params) -> Answer:
        self._check_app(params)
        end = params.get("EndTime", self.inbox.now().timestamp())
        found = [
            receipt
            for receipt in self.receipts
            if receipt.message.phone_number == params["PhoneNumber"]
            and params["BeginTime"] <= receipt.message.sent_at.timestamp() < end
        ]
        page = found[params["Offset"] : params["Offset"] + params["Limit"]]
        return answer({"PullSmsSendStatusSet": [pulled(r) for r in page]})

    def _check_app(self, params: Params) -> None:
        if params["SmsSdkAppId"] not in self.account.sdk_app_ids:
            raise Refused("UnauthorizedOperation", "SmsSdkAppId is none of yours.")


def _check_destination(number: str, template: Template) -> None:
    mainland = numbers.is_mainland(number)
    if mainland and template.international:
        raise Refused("UnsupportedOperation.GlobalTemplateToChineseMainlandPhone")
    if not mainland and not template.international:
        raise Refused("UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone")


def _render(template: Template, values: list[str]) -> str:
    names = set(_VARIABLE.findall(template.text))
    if len(values) != len(names):
        raise Refused("FailedOperation.TemplateParamSetNotMatchApprovedTemplate")
    if not all(_VALUE.fullmatch(value) for value in values):
        raise Refused("InvalidParameterValue.TemplateParameterFormatError")
    return _VARIABLE.sub(lambda match: values[int(match[1]) - 1], template.text)
