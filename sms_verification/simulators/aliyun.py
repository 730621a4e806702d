"""Alibaba Cloud's short message service: SendSms and QuerySendDetails."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sms_verification.simulators import numbers
from sms_verification.simulators.accounts import AliyunAccount
from sms_verification.simulators.acs import (
    AcsVendor,
    Params,
    render,
    required,
    template_params,
)
from sms_verification.simulators.answers import Refused
from sms_verification.simulators.messages import SimulatedMessage
from sms_verification.simulators.receipts import Receipt, china_time
from sms_verification.simulators.vendors import digits

# What one call may ask of numbers, and of details.
_MOST_NUMBERS = 1000
_PAGE = range(1, 51)


class Aliyun(AcsVendor):
    name = "aliyun"
    host_id = "dysmsapi.aliyuncs.com"
    account: AliyunAccount

    def reset(self) -> None:
        super().reset()
        self.account = AliyunAccount()

    def actions(self) -> Mapping[str, Callable[[Params], dict[str, Any]]]:
        return {"SendSms": self._send, "QuerySendDetails": self._query}

    def _send(self, params: Params) -> dict[str, Any]:
        targets = required(params, "PhoneNumbers").split(",")
        required(params, "SignName")
        required(params, "TemplateCode")
        if len(targets) > _MOST_NUMBERS:
            raise Refused("isv.MOBILE_COUNT_OVER_LIMIT", "Over 1000 numbers.")
        biz_id = f"{digits(18)}^0"
        messages = [self._message(target, params, biz_id) for target in targets]
        for message in messages:
            self.inbox.add(message)
        return {"Code": "OK", "Message": "OK", "BizId": biz_id}

    def _message(self, target: str, params: Params, biz_id: str) -> SimulatedMessage:
        number = numbers.aliyun(target)
        if number is None:
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL", "The number is illegal.")
        if params["SignName"] not in self.account.sign_names:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL", "The sign name is illegal.")
        template = self.account.templates.get(params["TemplateCode"])
        if template is None:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL", "The template is illegal.")
        mainland = numbers.is_mainland(number)
        if mainland and template.international:
            raise Refused("isv.DOMESTIC_NUMBER_NOT_SUPPORTED", "A mainland number.")
        if not mainland and not template.international:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL", "A template for the mainland.")
        variables = template_params(params.get("TemplateParam") or "{}")
        message = SimulatedMessage(
            vendor=self.name,
            phone_number=number,
            text=f"【{params['SignName']}】{render(template, variables)}",
            sent_at=self.inbox.now(),
            message_id=biz_id,
            out_id=params.get("OutId", ""),
            sign_name=params["SignName"],
            template=params["TemplateCode"],
            params=variables,
        )
        # Flow control is the mainland's.
        return self.within_limits(message, self.account.limits if mainland else ())

    def _query(self, params: Params) -> dict[str, Any]:
        number = numbers.aliyun(required(params, "PhoneNumber"))
        day = required(params, "SendDate")
        size, page = _count(params, "PageSize"), _count(params, "CurrentPage")
        if size not in _PAGE or not re.fullmatch(r"\d{8}", day, re.ASCII):
            raise Refused("isv.INVALID_PARAMETERS", "PageSize or SendDate is wrong.")
        found = [
            self._detail(message)
            for message in self.messages
            if message.phone_number == number
            and china_time(message.sent_at)[:10].replace("-", "") == day
            and params.get("BizId") in {None, "", message.message_id}
        ]
        details = found[(page - 1) * size : page * size]
        return {
            "Code": "OK",
            "Message": "OK",
            "TotalCount": str(len(found)),
            "SmsSendDetailDTOs": {"SmsSendDetailDTO": details},
        }

    def _detail(self, message: SimulatedMessage) -> dict[str, Any]:
        detail: dict[str, Any] = {
            "PhoneNum": message.phone_number.removeprefix("+86").lstrip("+"),
            "TemplateCode": message.template,
            "Content": message.text,
            "SendDate": china_time(message.sent_at),
            "OutId": message.out_id,
        }
        receipt = self._receipt(message)
        if receipt is None:
            return {**detail, "SendStatus": 1, "ErrCode": "REQUEST_SUCCESS"}
        detail["SendStatus"] = 3 if receipt.delivered else 2
        detail["ErrCode"] = receipt.code or (
            "DELIVERED" if receipt.delivered else "UNDELIV"
        )
        detail["ReceiveDate"] = china_time(receipt.at)
        return detail

    def _receipt(self, message: SimulatedMessage) -> Receipt | None:
        return next((r for r in reversed(self.receipts) if r.message == message), None)


def _count(params: Params, name: str) -> int:
    text = required(params, name)
    if not re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII):
        raise Refused("isv.INVALID_PARAMETERS", f"{name} is no number.")
    return int(text)
