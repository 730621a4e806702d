from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.views.decorators.debug import sensitive_variables

from sms_verification.phone_numbers import is_mainland
from sms_verification.providers import aliyun_receipts
from sms_verification.providers.alibaba import AlibabaProvider
from sms_verification.types import Receipt, SmsMessage


class AliyunProvider(AlibabaProvider):
    """Alibaba Cloud's SMS service, 阿里云短信服务: SendSms of Dysmsapi 2017-05-25.

    https://help.aliyun.com/document_detail/419273.html
    """

    distribution = "alibabacloud-dysmsapi20170525"
    package = "alibabacloud_dysmsapi20170525"
    host = "dysmsapi.aliyuncs.com"

    def _send(self, message: SmsMessage) -> Any:
        template, number = self.templates.of(message), message.phone_number
        request = self._module("models").SendSmsRequest(
            phone_numbers=_as_taken(number),
            sign_name=template.sign_name or None,
            template_code=template.id,
            template_param=json.dumps(template.fill(message)),
            out_id=message.delivery_id,
        )
        return self._client.send_sms(request).body

    def _message_id(self, body: Any) -> Any:
        return body.biz_id

    @sensitive_variables()
    def ask_receipts(
        self, phone_number: str, message_id: str, day: date
    ) -> Sequence[Receipt]:
        request = self._module("models").QuerySendDetailsRequest(
            phone_number=_as_taken(phone_number),
            biz_id=message_id or None,
            send_date=f"{day:%Y%m%d}",
            page_size=50,
            current_page=1,
        )
        body = self._ask(lambda: self._client.query_send_details(request).body)
        found = getattr(body.sms_send_detail_dtos, "sms_send_detail_dto", None) or []
        details = [detail.to_map() for detail in found]
        return aliyun_receipts.read_details(details, phone_number, message_id)


def _as_taken(phone_number: str) -> str:
    """A mainland number goes without its country, one from elsewhere without ``+``."""
    if is_mainland(phone_number):
        return phone_number.removeprefix("+86")
    return phone_number.removeprefix("+")
