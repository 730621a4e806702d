"""Alibaba Cloud's number authentication service: SendSmsVerifyCode."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sms_verification.simulators import numbers
from sms_verification.simulators.accounts import DypnsAccount
from sms_verification.simulators.acs import (
    AcsVendor,
    Params,
    render,
    required,
    template_params,
)
from sms_verification.simulators.answers import Refused
from sms_verification.simulators.limits import Limit
from sms_verification.simulators.messages import SimulatedMessage
from sms_verification.simulators.vendors import digits

# What TemplateParam holds where the vendor shall make the code.
_MADE_CODE = "##code##"


class Dypns(AcsVendor):
    """It sends to numbers of the mainland alone, with sign names of the vendor's."""

    name = "dypns"
    host_id = "dypnsapi.aliyuncs.com"
    account: DypnsAccount

    def reset(self) -> None:
        super().reset()
        self.account = DypnsAccount()

    def actions(self) -> Mapping[str, Callable[[Params], dict[str, Any]]]:
        return {"SendSmsVerifyCode": self._send}

    def _send(self, params: Params) -> dict[str, Any]:
        for name in ("PhoneNumber", "SignName", "TemplateCode", "TemplateParam"):
            required(params, name)
        interval = _number(params, "Interval", 60)
        limit = Limit(
            1, interval, ("phone_number",), "biz.FREQUENCY", "check frequency failed"
        )
        message = self.within_limits(self._message(params), (limit,))
        self.inbox.add(message)
        model = {"BizId": message.message_id, "OutId": message.out_id}
        if params.get("ReturnVerifyCode", "").lower() == "true":
            model["VerifyCode"] = message.params.get("code", "")
        return {"Code": "OK", "Message": "成功", "Success": True, "Model": model}

    def _message(self, params: Params) -> SimulatedMessage:
        number = numbers.aliyun(params["PhoneNumber"])
        if params.get("CountryCode", "86") != "86" or number is None:
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL", "The number is illegal.")
        if not numbers.is_mainland(number):
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL", "The number is abroad.")
        if params["SignName"] not in self.account.sign_names:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL", "The sign name is illegal.")
        template = self.account.templates.get(params["TemplateCode"])
        if template is None:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL", "The template is illegal.")
        variables = template_params(params["TemplateParam"])
        if variables.get("code") == _MADE_CODE:
            variables["code"] = digits(_number(params, "CodeLength", 4))
        return SimulatedMessage(
            vendor=self.name,
            phone_number=number,
            text=f"【{params['SignName']}】{render(template, variables)}",
            sent_at=self.inbox.now(),
            message_id=f"{digits(18)}^0",
            out_id=params.get("OutId", ""),
            sign_name=params["SignName"],
            template=params["TemplateCode"],
            params=variables,
        )


def _number(params: Params, name: str, default: int) -> int:
    text = params.get(name, str(default))
    if not re.fullmatch(r"[1-9]\d{0,5}", text, re.ASCII):
        raise Refused("isv.INVALID_PARAMETERS", f"{name} is no number.")
    return int(text)
