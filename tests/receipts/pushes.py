"""What vendors push, as their documents write it."""

from __future__ import annotations

from typing import Any

from sms_verification.models import Delivery


def sms_report(delivery: Delivery | None = None, **changes: Any) -> dict[str, Any]:
    """One of Alibaba's, for a delivery with all that it goes by."""
    ids = {"biz_id": "932702304080415357^0", "out_id": ""}
    number = "13800138000"
    if delivery is not None:
        ids = {"biz_id": delivery.message_id, "out_id": delivery.pk.hex}
        number = delivery.verification.phone_number.number.removeprefix("+86")
    return {
        "phone_number": number,
        "send_time": "2026-01-05 19:59:58",
        "report_time": "2026-01-05 20:00:03",
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "用户接收成功",
        "sms_size": "1",
        **ids,
        **changes,
    }
