"""Alibaba Cloud's own library, by HTTP, against the simulator."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import time_machine
from alibabacloud_dysmsapi20170525 import models as dysms
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException

from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from tests.simulators.sdks import (
    ABROAD,
    ALICE,
    aliyun_code,
    dysms_client,
    query_details,
    send_sms,
    sms_request,
)

LIMITED = "isv.BUSINESS_LIMIT_CONTROL"


@pytest.fixture
def host(sms_simulator_server: Server) -> str:
    return sms_simulator_server.host


class SendSmsTests:
    def test_what_is_accepted_is_kept(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        body = send_sms(dysms_client(host))
        assert (body.code, body.message) == ("OK", "OK")
        (message,) = sms_simulator.aliyun.messages
        assert message.message_id == body.biz_id
        assert message.phone_number == "+8613800138000"
        assert message.text == "【模拟网站】您的验证码为123456，请勿告诉他人。"
        assert message.params == {"code": "123456"}
        assert message.out_id == "delivery-1"

    async def _send_async(self, host: str) -> Any:
        client = dysms_client(host)
        return await client.send_sms_with_options_async(sms_request(), RuntimeOptions())

    def test_the_librarys_async_request_is_accepted(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        answer = asyncio.run(self._send_async(host))
        assert answer.body.code == "OK"

    def test_a_token_is_signed_and_accepted(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        assert send_sms(dysms_client(host, security_token="a token")).code == "OK"

    @pytest.mark.parametrize(
        "number", [ALICE, f"+{ALICE}", f"86{ALICE}", f"+86{ALICE}", f"0086{ALICE}"]
    )
    def test_it_takes_a_mainland_number_in_these_forms(
        self, sms_simulator: Simulator, host: str, number: str
    ) -> None:
        assert aliyun_code(host, phone_numbers=number) == "OK"
        assert sms_simulator.messages[0].phone_number == f"+86{ALICE}"

    def test_it_takes_a_number_abroad_without_a_plus(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        fields = {"phone_numbers": ABROAD, "template_code": "SMS_100002"}
        assert aliyun_code(host, **fields) == "OK"
        assert sms_simulator.messages[0].phone_number == f"+{ABROAD}"

    def test_it_takes_several_numbers(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        assert aliyun_code(host, phone_numbers=f"{ALICE},13900139000") == "OK"
        first, second = sms_simulator.messages
        assert first.message_id == second.message_id
        assert second.phone_number == "+8613900139000"

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"phone_numbers": None}, "MissingPhoneNumbers"),
            ({"sign_name": None}, "MissingSignName"),
            ({"template_code": None}, "MissingTemplateCode"),
            ({"phone_numbers": "1380013800"}, "isv.MOBILE_NUMBER_ILLEGAL"),
            ({"phone_numbers": f"+{ABROAD}"}, "isv.MOBILE_NUMBER_ILLEGAL"),
            (
                {"phone_numbers": ",".join([ALICE] * 1001)},
                "isv.MOBILE_COUNT_OVER_LIMIT",
            ),
            ({"sign_name": "别的网站"}, "isv.SMS_SIGNATURE_ILLEGAL"),
            ({"template_code": "SMS_1"}, "isv.SMS_TEMPLATE_ILLEGAL"),
            ({"template_code": "SMS_100002"}, "isv.DOMESTIC_NUMBER_NOT_SUPPORTED"),
            ({"phone_numbers": ABROAD}, "isv.SMS_TEMPLATE_ILLEGAL"),
            ({"template_param": None}, "isv.TEMPLATE_MISSING_PARAMETERS"),
            ({"template_param": "code"}, "isv.INVALID_JSON_PARAM"),
            ({"template_param": "[]"}, "isv.INVALID_JSON_PARAM"),
            ({"template_param": '{"code": 123456}'}, "isv.TEMPLATE_PARAMS_ILLEGAL"),
            ({"template_param": '{"code": "123"}'}, "isv.TEMPLATE_PARAMS_ILLEGAL"),
            ({"template_param": '{"code": "1234567"}'}, "isv.TEMPLATE_PARAMS_ILLEGAL"),
            (
                {"template_param": '{"kode": "123456"}'},
                "isv.TEMPLATE_MISSING_PARAMETERS",
            ),
            (
                {"template_param": '{"code": "123456", "min": "5"}'},
                "isv.TEMPLATE_PARAMS_ILLEGAL",
            ),
        ],
        ids=str,
    )
    def test_it_refuses(
        self, sms_simulator: Simulator, host: str, fields: dict[str, Any], code: str
    ) -> None:
        assert aliyun_code(host, **fields) == code
        assert sms_simulator.messages == []

    def test_a_refusal_of_the_service_is_an_answer_and_of_the_gateway_an_error(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        client = dysms_client(host)
        assert send_sms(client, sign_name="别的").code == "isv.SMS_SIGNATURE_ILLEGAL"
        with pytest.raises(TeaException) as caught:
            send_sms(client, sign_name=None)
        assert caught.value.status_code == 400


class GatewayTests:
    @pytest.mark.parametrize(
        ("config", "code", "status"),
        [
            ({"access_key_secret": "another"}, "SignatureDoesNotMatch", 400),
            ({"access_key_id": "another"}, "InvalidAccessKeyId.NotFound", 404),
        ],
        ids=["secret", "id"],
    )
    def test_it_refuses_another_key(
        self,
        sms_simulator: Simulator,
        host: str,
        config: dict[str, str],
        code: str,
        status: int,
    ) -> None:
        with pytest.raises(TeaException) as caught:
            send_sms(dysms_client(host, **config))
        assert (caught.value.code, caught.value.status_code) == (code, status)
        assert sms_simulator.messages == []

    def test_it_refuses_a_nonce_used_before(
        self, sms_simulator: Simulator, host: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "alibabacloud_tea_openapi.client.Utils.get_nonce", lambda: "the same"
        )
        assert aliyun_code(host) == "OK"
        assert aliyun_code(host, phone_numbers="13900139000") == "SignatureNonceUsed"

    def test_it_refuses_an_action_that_it_has_not(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        with pytest.raises(TeaException) as caught:
            dysms_client(host).query_sms_sign_list(dysms.QuerySmsSignListRequest())
        assert caught.value.code == "InvalidAction.NotFound"
        assert caught.value.status_code == 404

    def test_it_refuses_a_clock_that_is_off(
        self, sms_simulator: Simulator, host: str, clock: time_machine.Traveller
    ) -> None:
        now = sms_simulator.inbox.now()
        sms_simulator.set_clock(lambda: now.replace(hour=13))
        assert aliyun_code(host) == "InvalidTimeStamp.Expired"

    def test_it_refuses_another_version(
        self, sms_simulator: Simulator, host: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sms_verification.simulators.acs._VERSION", "2016-01-01")
        assert aliyun_code(host) == "InvalidVersion"


class LimitsTests:
    """The clock stands at 20:00:00 of China."""

    def test_one_a_minute_of_the_clock(
        self, sms_simulator: Simulator, host: str, clock: time_machine.Traveller
    ) -> None:
        clock.shift(59)
        assert aliyun_code(host) == "OK"
        assert send_sms(dysms_client(host)).message == "触发分钟级流控Permits:1"
        clock.shift(1)
        assert aliyun_code(host) == "OK"

    def test_five_an_hour_of_the_clock(
        self, sms_simulator: Simulator, host: str, clock: time_machine.Traveller
    ) -> None:
        clock.shift(50 * 60)
        for _ in range(5):
            assert aliyun_code(host) == "OK"
            clock.shift(60)
        clock.shift(299)
        assert send_sms(dysms_client(host)).message == "触发小时级流控Permits:5"
        clock.shift(1)
        assert aliyun_code(host) == "OK"

    def test_ten_in_any_24_hours(
        self, sms_simulator: Simulator, host: str, clock: time_machine.Traveller
    ) -> None:
        for _ in range(10):
            assert aliyun_code(host) == "OK"
            clock.shift(3600)
        clock.shift(14 * 3600 - 1)
        assert send_sms(dysms_client(host)).message == "触发天级流控Permits:10"
        clock.shift(1)
        assert aliyun_code(host) == "OK"

    def test_forty_in_any_24_hours_of_all_senders(
        self, sms_simulator: Simulator, host: str, clock: time_machine.Traveller
    ) -> None:
        names = {f"网站{n}" for n in range(5)}
        sms_simulator.aliyun.account.sign_names = names
        for _ in range(8):
            for name in sorted(names):
                assert aliyun_code(host, sign_name=name) == "OK"
            clock.shift(3600)
        body = send_sms(dysms_client(host), sign_name="网站0")
        assert (body.code, body.message) == (LIMITED, "触发天级流控Permits:40")

    def test_another_number_and_another_sign_name_are_others(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        sms_simulator.aliyun.account.sign_names.add("别的网站")
        assert aliyun_code(host) == "OK"
        assert aliyun_code(host, phone_numbers="13900139000") == "OK"
        assert aliyun_code(host, sign_name="别的网站") == "OK"

    def test_there_is_none_abroad(self, sms_simulator: Simulator, host: str) -> None:
        fields = {"phone_numbers": ABROAD, "template_code": "SMS_100002"}
        assert aliyun_code(host, **fields) == "OK"
        assert aliyun_code(host, **fields) == "OK"

    def test_what_was_refused_counts_for_nothing(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        assert aliyun_code(host, sign_name="别的") == "isv.SMS_SIGNATURE_ILLEGAL"
        assert aliyun_code(host) == "OK"


class QuerySendDetailsTests:
    """The clock stands on 2026-01-05 in China."""

    @pytest.fixture(autouse=True)
    def _sent(
        self, sms_simulator: Simulator, host: str, clock: time_machine.Traveller
    ) -> None:
        assert aliyun_code(host) == "OK"
        assert aliyun_code(host, phone_numbers="13900139000") == "OK"

    def test_what_has_no_receipt_is_waited_for(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        body = query_details(host)
        assert (body.code, body.total_count) == ("OK", "1")
        (detail,) = body.sms_send_detail_dtos.sms_send_detail_dto
        assert (detail.phone_num, detail.out_id) == (ALICE, "delivery-1")
        assert (detail.send_status, detail.err_code) == (1, "REQUEST_SUCCESS")
        assert detail.send_date == "2026-01-05 20:00:00"
        assert detail.template_code == "SMS_100001"

    @pytest.mark.parametrize(
        ("delivered", "code", "status", "told"),
        [
            (True, "", 3, "DELIVERED"),
            (False, "", 2, "UNDELIV"),
            (False, "MK:0001", 2, "MK:0001"),
        ],
    )
    def test_a_receipt_is_told(
        self,
        sms_simulator: Simulator,
        host: str,
        delivered: bool,
        code: str,
        status: int,
        told: str,
    ) -> None:
        vendor = sms_simulator.aliyun
        vendor.report("http://never.sent/", vendor.messages[0], delivered=not delivered)
        vendor.report(
            "http://never.sent/", vendor.messages[0], delivered=delivered, code=code
        )
        (detail,) = query_details(host).sms_send_detail_dtos.sms_send_detail_dto
        assert (detail.send_status, detail.err_code) == (status, told)
        assert detail.receive_date == "2026-01-05 20:00:00"

    def test_another_day_has_none(self, sms_simulator: Simulator, host: str) -> None:
        assert query_details(host, send_date="20260104").total_count == "0"

    def test_another_biz_id_has_none(self, sms_simulator: Simulator, host: str) -> None:
        biz_id = sms_simulator.messages[0].message_id
        assert query_details(host, biz_id=biz_id).total_count == "1"
        assert query_details(host, biz_id="1^0").total_count == "0"

    def test_it_has_pages(
        self, sms_simulator: Simulator, host: str, clock: time_machine.Traveller
    ) -> None:
        clock.shift(60)
        assert aliyun_code(host, out_id="delivery-2") == "OK"
        body = query_details(host, page_size=1, current_page=2)
        assert body.total_count == "2"
        (detail,) = body.sms_send_detail_dtos.sms_send_detail_dto
        assert detail.out_id == "delivery-2"

    @pytest.mark.parametrize(
        "fields",
        [
            {"page_size": 0},
            {"page_size": 51},
            {"current_page": -1},
            {"send_date": "2026-1-5"},
        ],
        ids=str,
    )
    def test_it_refuses(
        self, sms_simulator: Simulator, host: str, fields: dict[str, Any]
    ) -> None:
        assert query_details(host, **fields).code == "isv.INVALID_PARAMETERS"


def test_a_json_template_param_may_have_any_spaces(
    sms_simulator: Simulator, host: str
) -> None:
    param = json.dumps({"code": "123456"}, indent=2)
    assert aliyun_code(host, template_param=param) == "OK"
