from __future__ import annotations

import json
from typing import Any

from sms_verification.exceptions import MessageRejected
from sms_verification.phone_numbers import is_mainland
from sms_verification.providers.alibaba import AlibabaProvider
from sms_verification.types import Reason, SmsMessage


class AliyunPnvsProvider(AlibabaProvider):
    """Alibaba Cloud's SMS authentication, 号码认证服务的短信认证: with signatures and
    templates that the vendor gives, to mainland numbers only.

    It carries our code, so the vendor's own check of it is not asked.
    https://help.aliyun.com/document_detail/2249747.html
    """

    distribution = "alibabacloud-dypnsapi20170525"
    extra = "aliyun-pnvs"
    package = "alibabacloud_dypnsapi20170525"
    host = "dypnsapi.aliyuncs.com"

    def has_template(self, purpose: str, *, mainland: bool) -> bool:
        return mainland and super().has_template(purpose, mainland=mainland)

    def has_notice(self, notice: str, *, mainland: bool) -> bool:
        return False  # its templates are the vendor's, and all of them for codes

    def _send(self, message: SmsMessage) -> Any:
        if not is_mainland(message.phone_number):
            raise MessageRejected(Reason.UNSUPPORTED_DESTINATION, "not_mainland")
        template = self.templates.of(message)
        request = self._module("models").SendSmsVerifyCodeRequest(
            phone_number=message.phone_number.removeprefix("+86"),
            country_code="86",
            sign_name=template.sign_name,
            template_code=template.id,
            template_param=json.dumps(template.fill(message)),
            out_id=message.delivery_id,
        )
        return self._client.send_sms_verify_code(request).body

    def _message_id(self, body: Any) -> Any:
        return getattr(body.model, "biz_id", None)
