"""Alibaba Cloud's own library, by HTTP, against the simulator."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from Tea.exceptions import TeaException

from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from tests.simulators.sdks import ABROAD, ALICE, send_verify_code


@pytest.fixture
def host(sms_simulator_server: Server) -> str:
    return sms_simulator_server.host


def code_of(host: str, **fields: Any) -> str:
    try:
        return str(send_verify_code(host, **fields).code)
    except TeaException as error:
        return str(error.code)


class SendSmsVerifyCodeTests:
    def test_a_code_of_ours_is_sent(self, sms_simulator: Simulator, host: str) -> None:
        body = send_verify_code(host)
        assert (body.code, body.success) == ("OK", True)
        (message,) = sms_simulator.dypns.messages
        assert body.model.biz_id == message.message_id
        assert body.model.out_id == message.out_id == "delivery-1"
        assert body.model.verify_code is None
        assert message.phone_number == f"+86{ALICE}"
        assert message.text.startswith("【模拟赠送签名】您的验证码为123456，5分钟")
        assert sms_simulator.aliyun.messages == []

    def test_a_code_of_the_vendors_is_made(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        body = send_verify_code(
            host,
            template_param='{"code": "##code##", "min": "5"}',
            code_length=6,
            return_verify_code=True,
        )
        code = sms_simulator.messages[0].params["code"]
        assert re.fullmatch(r"\d{6}", code)
        assert body.model.verify_code == code

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"phone_number": None}, "MissingPhoneNumber"),
            ({"phone_number": "1380013800"}, "isv.MOBILE_NUMBER_ILLEGAL"),
            ({"phone_number": ABROAD}, "isv.MOBILE_NUMBER_ILLEGAL"),
            ({"country_code": "852"}, "isv.MOBILE_NUMBER_ILLEGAL"),
            ({"sign_name": "我的网站"}, "isv.SMS_SIGNATURE_ILLEGAL"),
            ({"template_code": "SMS_100001"}, "isv.SMS_TEMPLATE_ILLEGAL"),
            ({"template_param": '{"code": "1234"}'}, "isv.TEMPLATE_MISSING_PARAMETERS"),
            ({"interval": -1}, "isv.INVALID_PARAMETERS"),
        ],
        ids=str,
    )
    def test_it_refuses(
        self, sms_simulator: Simulator, host: str, fields: dict[str, Any], code: str
    ) -> None:
        assert code_of(host, **fields) == code
        assert sms_simulator.messages == []

    def test_one_in_the_interval(
        self, sms_simulator: Simulator, host: str, clock: time_machine.Traveller
    ) -> None:
        assert code_of(host) == "OK"
        clock.shift(59)
        assert code_of(host) == "biz.FREQUENCY"
        assert code_of(host, interval=30) == "OK"
        clock.shift(60)
        assert code_of(host) == "OK"
