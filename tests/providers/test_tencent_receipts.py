from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sms_verification.exceptions import InvalidPush
from sms_verification.providers import tencent_receipts
from sms_verification.types import Receipt, ReceiptStatus

# As cloud.tencent.com/document/product/382/59178 gives it, with a number that exists.
CALLBACK = """[{
    "user_receive_time": "2015-10-17 08:03:04",
    "nationcode": "86",
    "mobile": "13800138000",
    "report_status": "SUCCESS",
    "errmsg": "DELIVRD",
    "description": "用户短信送达成功",
    "sid": "3310228982",
    "ext": "67890"
}]"""

STATUS = {
    "UserReceiveTime": 1445040184,
    "CountryCode": "86",
    "SubscriberNumber": "13800138000",
    "PhoneNumber": "+8613800138000",
    "SerialNo": "3310228982",
    "ReportStatus": "SUCCESS",
    "Description": "DELIVRD",
    "SessionContext": "67890",
}

RECEIPT = Receipt(
    status=ReceiptStatus.DELIVERED,
    code="DELIVRD",
    at=datetime(2015, 10, 17, 0, 3, 4, tzinfo=UTC),
    delivery_id="67890",
    message_id="3310228982",
    phone_number="+8613800138000",
)


class PushTests:
    def read(self, **changes: Any) -> list[Receipt]:
        report = {**json.loads(CALLBACK)[0], **changes}
        return tencent_receipts.read(json.dumps([report]).encode())

    def test_of_the_document(self) -> None:
        assert tencent_receipts.read(CALLBACK.encode()) == [RECEIPT]

    def test_of_a_failure(self) -> None:
        [receipt] = self.read(report_status="FAIL", errmsg="MK:0001")
        assert (receipt.status, receipt.code) == ("undelivered", "MK:0001")

    @pytest.mark.parametrize("status", [None, "", "success", 1, []])
    def test_that_says_neither_is_passed_over(self, status: Any) -> None:
        assert self.read(report_status=status) == []

    def test_without_our_id_has_the_vendor_s(self) -> None:
        [receipt] = self.read(ext=None)
        assert (receipt.delivery_id, receipt.message_id) == ("", "3310228982")

    def test_that_is_none(self) -> None:
        with pytest.raises(InvalidPush):
            tencent_receipts.read(b"{}")

    def test_is_answered_by_a_number(self) -> None:
        assert json.loads(tencent_receipts.ANSWER)["result"] == 0


class StatusTests:
    def read(self, **changes: Any) -> list[Receipt]:
        return tencent_receipts.read_statuses([{**STATUS, **changes}])

    def test_are_receipts(self) -> None:
        assert self.read() == [RECEIPT]

    def test_of_a_failure(self) -> None:
        assert self.read(ReportStatus="FAIL")[0].status == "undelivered"

    def test_that_say_neither_are_passed_over(self) -> None:
        assert self.read(ReportStatus="WAIT") == []

    @pytest.mark.parametrize(
        "time", [None, "1445040184", 10**30, -(10**30), float("nan"), []]
    )
    def test_may_have_no_time(self, time: Any) -> None:
        assert self.read(UserReceiveTime=time)[0].at is None
