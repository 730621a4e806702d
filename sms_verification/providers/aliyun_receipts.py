"""Receipts of Alibaba Cloud: SmsReport, DypnsSmsVerifyReport and QuerySendDetails.

https://help.aliyun.com/document_detail/101867.html
https://help.aliyun.com/document_detail/59840.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.views.decorators.debug import sensitive_variables

from sms_verification.providers.pushes import china_time, reports, text
from sms_verification.types import Receipt, ReceiptStatus

ANSWER = '{"code":0,"msg":"OK"}'

_MAINLAND = re.compile(r"1[3-9]\d{9}", re.ASCII)

_SUCCESS = {True: ReceiptStatus.DELIVERED, False: ReceiptStatus.UNDELIVERED}

# 1 waits for the receipt, 2 failed, 3 arrived.
_SEND_STATUS = {
    "1": ReceiptStatus.SENT,
    "2": ReceiptStatus.UNDELIVERED,
    "3": ReceiptStatus.DELIVERED,
}


@sensitive_variables()
def read(body: bytes) -> list[Receipt]:
    """Return the receipts of a push. Raise ``InvalidPush``.

    Nothing signs it: that it is Alibaba's is known by the secret in the path alone.
    """
    return [
        Receipt(
            status=_SUCCESS[report["success"]],
            code=text(report, "err_code"),
            at=china_time(text(report, "report_time")),
            delivery_id=text(report, "out_id"),
            message_id=text(report, "biz_id"),
            phone_number=_e164(text(report, "phone_number")),
        )
        for report in reports(body)
        if isinstance(report.get("success"), bool)
    ]


@sensitive_variables()
def read_details(
    details: Iterable[Mapping[str, Any]], phone_number: str, message_id: str
) -> list[Receipt]:
    """Return the receipts among the items of ``SmsSendDetailDTOs``, as the API names them.

    The ids are what was asked for. ``Content``, which holds the code, is not looked at.
    """
    return [
        Receipt(
            status=_SEND_STATUS[str(item["SendStatus"])],
            code=text(item, "ErrCode"),
            at=china_time(text(item, "ReceiveDate")),
            delivery_id=text(item, "OutId"),
            message_id=message_id,
            phone_number=phone_number,
        )
        for item in details
        if str(item.get("SendStatus")) in _SEND_STATUS
    ]


@sensitive_variables()
def _e164(number: str) -> str:
    """A mainland number comes without its country, one from elsewhere without ``+``."""
    digits = number.removeprefix("+").removeprefix("00")
    return f"+86{digits}" if _MAINLAND.fullmatch(digits) else f"+{digits}"
