"""Receipts of Tencent Cloud: its callback and PullSmsSendStatusByPhoneNumber.

https://cloud.tencent.com/document/product/382/59178
https://cloud.tencent.com/document/product/382/55983
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.views.decorators.debug import sensitive_variables

from sms_verification.providers.pushes import china_time, reports, text
from sms_verification.types import Receipt, ReceiptStatus

ANSWER = '{"result":0,"errmsg":"OK"}'

_STATUS = {
    "SUCCESS": ReceiptStatus.DELIVERED,
    "FAIL": ReceiptStatus.UNDELIVERED,
}


@sensitive_variables()
def read(body: bytes) -> list[Receipt]:
    """Return the receipts of a callback. Raise ``InvalidPush``.

    Nothing signs it: that it is Tencent's is known by the secret in the path alone.
    """
    return [
        Receipt(
            status=_STATUS[text(report, "report_status")],
            code=text(report, "errmsg"),
            at=china_time(text(report, "user_receive_time")),
            # What was sent as ``SessionContext``, where the account has that on.
            delivery_id=text(report, "ext"),
            message_id=text(report, "sid"),
            phone_number=f"+{text(report, 'nationcode')}{text(report, 'mobile')}",
        )
        for report in reports(body)
        if text(report, "report_status") in _STATUS
    ]


@sensitive_variables()
def read_statuses(statuses: Iterable[Mapping[str, Any]]) -> list[Receipt]:
    """Return the receipts in ``PullSmsSendStatusSet``, as the API names its members."""
    return [
        Receipt(
            status=_STATUS[text(item, "ReportStatus")],
            code=text(item, "Description"),
            at=_unix_time(item.get("UserReceiveTime")),
            delivery_id=text(item, "SessionContext"),
            message_id=text(item, "SerialNo"),
            phone_number=text(item, "PhoneNumber"),
        )
        for item in statuses
        if text(item, "ReportStatus") in _STATUS
    ]


def _unix_time(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return None
