from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sms_verification.exceptions import InvalidPush
from sms_verification.providers import aliyun_receipts
from sms_verification.types import Receipt, ReceiptStatus

# As help.aliyun.com/document_detail/101867 gives it, with a number that exists.
SMS_REPORT = """[{
    "phone_number": "13800138000",
    "send_time": "2017-01-01 00:00:00",
    "report_time": "2017-01-01 00:00:05",
    "success": true,
    "err_code": "DELIVERED",
    "err_msg": "用户接收成功",
    "sms_size": "1",
    "biz_id": "12345^0",
    "out_id": "67890"
}]"""

DETAIL = {
    "PhoneNum": "13800138000",
    "SendStatus": 3,
    "ErrCode": "DELIVERED",
    "TemplateCode": "SMS_1",
    "Content": "【阿里云】您的验证码为 482913",
    "SendDate": "2019-01-08 16:44:10",
    "ReceiveDate": "2019-01-08 16:44:13",
    "OutId": "67890",
}


def read(**changes: Any) -> list[Receipt]:
    report = {**json.loads(SMS_REPORT)[0], **changes}
    return aliyun_receipts.read(json.dumps([report]).encode())


class PushTests:
    def test_of_the_document(self) -> None:
        assert aliyun_receipts.read(SMS_REPORT.encode()) == [
            Receipt(
                status=ReceiptStatus.DELIVERED,
                code="DELIVERED",
                at=datetime(2016, 12, 31, 16, 0, 5, tzinfo=UTC),
                delivery_id="67890",
                message_id="12345^0",
                phone_number="+8613800138000",
            )
        ]

    def test_of_a_failure(self) -> None:
        [receipt] = read(success=False, err_code="MK:0001")
        assert (receipt.status, receipt.code) == ("undelivered", "MK:0001")

    @pytest.mark.parametrize("success", [None, 1, "true", [], {}])
    def test_that_says_neither_is_passed_over(self, success: Any) -> None:
        assert read(success=success) == []

    @pytest.mark.parametrize(
        ("number", "e164"),
        [
            ("13800138000", "+8613800138000"),
            ("8613800138000", "+8613800138000"),
            ("008613800138000", "+8613800138000"),
            ("+8613800138000", "+8613800138000"),
            ("85261234567", "+85261234567"),
        ],
    )
    def test_names_the_number_as_it_is_kept(self, number: str, e164: str) -> None:
        assert read(phone_number=number)[0].phone_number == e164

    def test_without_its_members_is_still_a_receipt(self) -> None:
        assert aliyun_receipts.read(b'[{"success": false}]') == [
            Receipt(status=ReceiptStatus.UNDELIVERED, phone_number="+")
        ]

    def test_that_is_none(self) -> None:
        with pytest.raises(InvalidPush):
            aliyun_receipts.read(b"phone_number=13800138000")

    def test_is_answered_by_a_number(self) -> None:
        assert json.loads(aliyun_receipts.ANSWER)["code"] == 0


class DetailTests:
    def read(self, **changes: Any) -> list[Receipt]:
        details = [{**DETAIL, **changes}]
        return aliyun_receipts.read_details(details, "+8613800138000", "12345^0")

    def test_are_receipts_without_the_text(self) -> None:
        [receipt] = self.read()
        assert receipt == Receipt(
            status=ReceiptStatus.DELIVERED,
            code="DELIVERED",
            at=datetime(2019, 1, 8, 8, 44, 13, tzinfo=UTC),
            delivery_id="67890",
            message_id="12345^0",
            phone_number="+8613800138000",
        )
        assert "482913" not in repr(receipt)

    @pytest.mark.parametrize(
        ("send_status", "status"),
        [
            (1, "sent"),
            (2, "undelivered"),
            (3, "delivered"),
            ("3", "delivered"),
        ],
    )
    def test_have_a_status(self, send_status: Any, status: str) -> None:
        assert self.read(SendStatus=send_status)[0].status == status

    @pytest.mark.parametrize("send_status", [0, 4, None, "", []])
    def test_of_another_status_are_passed_over(self, send_status: Any) -> None:
        assert self.read(SendStatus=send_status) == []

    def test_that_wait_have_no_time(self) -> None:
        assert self.read(SendStatus=1, ReceiveDate=None)[0].at is None
