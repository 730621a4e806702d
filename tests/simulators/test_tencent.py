"""Tencent Cloud's own library, by HTTP, against the simulator."""

from __future__ import annotations

import time
from typing import Any

import pytest
import time_machine
from tencentcloud.common.exception.tencent_cloud_sdk_exception import (
    TencentCloudSDKException,
)
from tencentcloud.sms.v20210111 import models

from sms_verification.simulators import faults, limits
from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from tests.simulators.sdks import ABROAD, ALICE, send_tencent, tencent_client


@pytest.fixture
def host(sms_simulator_server: Server) -> str:
    return sms_simulator_server.host


def code_of(host: str, **fields: Any) -> str:
    """Send, and return the vendor's code for the number or for the request."""
    try:
        return str(send_tencent(tencent_client(host), **fields).Code)
    except TencentCloudSDKException as error:
        return str(error.code)


class SendSmsTests:
    def test_what_is_accepted_is_kept(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        status = send_tencent(tencent_client(host))
        assert (status.Code, status.Fee, status.IsoCode) == ("Ok", 1, "CN")
        assert status.SessionContext == "delivery-1"
        (message,) = sms_simulator.tencent.messages
        assert message.message_id == status.SerialNo
        assert message.phone_number == status.PhoneNumber == f"+86{ALICE}"
        assert (
            message.text
            == "【模拟网站】您的验证码为123456，5分钟内有效，请勿告诉他人。"
        )
        assert message.params == {"1": "123456", "2": "5"}
        assert message.out_id == "delivery-1"

    def test_abroad_it_goes_without_a_sign_name(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        fields = {"PhoneNumberSet": [f"+{ABROAD}"], "TemplateId": "1000002"}
        status = send_tencent(tencent_client(host), **fields, SignName="")
        assert (status.Code, status.IsoCode) == ("Ok", "")
        assert sms_simulator.messages[0].text == "Your code is 123456, for 5 minutes."

    def test_each_number_has_an_answer(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        request = models.SendSmsRequest()
        request.PhoneNumberSet = [ALICE, "12345", "008613900139000"]
        request.SmsSdkAppId, request.TemplateId = "1400000001", "1000001"
        request.SignName, request.TemplateParamSet = "模拟网站", ["123456", "5"]
        answer = tencent_client(host).SendSms(request)
        codes = [status.Code for status in answer.SendStatusSet]
        assert codes == ["Ok", "InvalidParameterValue.IncorrectPhoneNumber", "Ok"]
        assert len(sms_simulator.messages) == 2

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            (
                {"PhoneNumberSet": [ABROAD]},
                "InvalidParameterValue.IncorrectPhoneNumber",
            ),
            (
                {"PhoneNumberSet": [f"+{ABROAD}", ALICE]},
                "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
            ),
            (
                {"SmsSdkAppId": "1"},
                "UnauthorizedOperation.SmsSdkAppIdVerifyFail",
            ),
            ({"TemplateId": "1"}, "FailedOperation.TemplateUnapprovedOrNotExist"),
            ({"SignName": "别的"}, "FailedOperation.SignatureIncorrectOrUnapproved"),
            ({"SignName": ""}, "FailedOperation.SignatureIncorrectOrUnapproved"),
            (
                {"TemplateId": "1000002"},
                "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone",
            ),
            (
                {"PhoneNumberSet": [f"+{ABROAD}"]},
                "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone",
            ),
            (
                {"TemplateParamSet": ["123456"]},
                "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
            ),
            (
                {"TemplateParamSet": ["1234567", "5"]},
                "InvalidParameterValue.TemplateParameterFormatError",
            ),
            (
                {"TemplateParamSet": ["12345a", "5"]},
                "InvalidParameterValue.TemplateParameterFormatError",
            ),
            ({"PhoneNumberSet": []}, "MissingParameter.EmptyPhoneNumberSet"),
            (
                {"PhoneNumberSet": [ALICE] * 201},
                "LimitExceeded.PhoneNumberCountLimit",
            ),
            ({"PhoneNumberSet": None}, "MissingParameter"),
            ({"TemplateParamSet": [123456, 5]}, "InvalidParameter"),
            ({"SmsSdkAppId": 1400000001}, "InvalidParameter"),
            ({"SessionContext": "x" * 512}, "InvalidParameter"),
        ],
        ids=lambda value: str(value)[:60],
    )
    def test_it_refuses(
        self, sms_simulator: Simulator, host: str, fields: dict[str, Any], code: str
    ) -> None:
        assert code_of(host, **fields) == code
        assert sms_simulator.messages == []


class GatewayTests:
    def refusal(self, host: str, **client: str) -> str:
        with pytest.raises(TencentCloudSDKException) as caught:
            send_tencent(tencent_client(host, **client))
        assert caught.value.requestId
        return str(caught.value.code)

    def test_it_refuses_another_key(self, sms_simulator: Simulator, host: str) -> None:
        code = self.refusal(host, secret_key="another")
        assert code == "AuthFailure.SignatureFailure"

    def test_it_refuses_another_id(self, sms_simulator: Simulator, host: str) -> None:
        code = self.refusal(host, secret_id="another")
        assert code == "AuthFailure.SecretIdNotFound"

    def test_it_refuses_a_request_for_no_region(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        assert self.refusal(host, region="") == "MissingParameter"

    def test_it_refuses_an_action_that_it_has_not(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        request = models.DescribePhoneNumberInfoRequest()
        with pytest.raises(TencentCloudSDKException) as caught:
            tencent_client(host).DescribePhoneNumberInfo(request)
        assert caught.value.code == "InvalidAction"

    def test_it_refuses_another_version(
        self, sms_simulator: Simulator, host: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "tencentcloud.sms.v20210111.sms_client.SmsClient._apiVersion", "2019-07-11"
        )
        assert self.refusal(host) == "NoSuchVersion"

    def test_it_refuses_a_clock_that_is_off(
        self, sms_simulator: Simulator, host: str, clock: time_machine.Traveller
    ) -> None:
        now = sms_simulator.inbox.now()
        sms_simulator.set_clock(lambda: now.replace(minute=6))
        assert self.refusal(host) == "AuthFailure.SignatureExpire"

    @pytest.mark.parametrize("params", [{"Unknown": 1}, []], ids=["unknown", "a list"])
    def test_it_refuses_what_is_no_request(
        self, sms_simulator: Simulator, host: str, params: Any
    ) -> None:
        with pytest.raises(TencentCloudSDKException) as caught:
            tencent_client(host).call_json("SendSms", params)
        code = "UnknownParameter" if params else "InvalidParameter"
        assert caught.value.code == code

    def refusal_of_no_json(self, host: str) -> str:
        with pytest.raises(TencentCloudSDKException) as caught:
            tencent_client(host).call_octet_stream("SendSms", {}, b"{")
        return str(caught.value.code)

    def test_it_refuses_what_is_no_json(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        assert self.refusal_of_no_json(host) == "InvalidParameter"

    def test_a_refusal_is_one_of_the_request_where_no_number_is_told(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        sms_simulator.tencent.fail(faults.vendor_error("LimitExceeded.AppDailyLimit"))
        assert self.refusal_of_no_json(host) == "LimitExceeded.AppDailyLimit"


class LimitsTests:
    """The clock stands at 20:00:00 of China."""

    def test_one_in_30_seconds(
        self, sms_simulator: Simulator, host: str, clock: time_machine.Traveller
    ) -> None:
        assert code_of(host) == "Ok"
        clock.shift(29)
        assert code_of(host) == "LimitExceeded.PhoneNumberThirtySecondLimit"
        clock.shift(1)
        assert code_of(host) == "Ok"

    def test_five_in_an_hour(
        self, sms_simulator: Simulator, host: str, clock: time_machine.Traveller
    ) -> None:
        for _ in range(5):
            assert code_of(host) == "Ok"
            clock.shift(30)
        assert code_of(host) == "LimitExceeded.PhoneNumberOneHourLimit"
        clock.shift(3600 - 150)
        assert code_of(host) == "Ok"

    def test_ten_on_a_day_of_the_calendar(
        self, sms_simulator: Simulator, host: str, clock: time_machine.Traveller
    ) -> None:
        clock.shift(6 * 3600)  # two in the morning
        for _ in range(10):
            assert code_of(host) == "Ok"
            clock.shift(3600)
        clock.shift(12 * 3600 - 1)
        assert code_of(host) == "LimitExceeded.PhoneNumberDailyLimit"
        clock.shift(1)
        assert code_of(host) == "Ok"

    def test_the_international_site_sends_two_a_day(
        self, sms_simulator: Simulator, host: str, clock: time_machine.Traveller
    ) -> None:
        sms_simulator.tencent.account.limits = limits.TENCENT_INTERNATIONAL
        other = {"TemplateParamSet": ["654321", "5"]}
        assert code_of(host) == "Ok"
        assert code_of(host) == "LimitExceeded.PhoneNumberThirtySecondLimit"
        assert code_of(host, **other) == "Ok"
        clock.shift(30)
        assert code_of(host) == "LimitExceeded.PhoneNumberDailyLimit"
        clock.shift(4 * 3600)
        assert code_of(host) == "Ok"


class PullSmsSendStatusTests:
    def pull(self, host: str, limit: int = 10, app_id: str = "1400000001") -> Any:
        request = models.PullSmsSendStatusRequest()
        request.SmsSdkAppId, request.Limit = app_id, limit
        return tencent_client(host).PullSmsSendStatus(request).PullSmsSendStatusSet

    def test_each_receipt_is_handed_out_once(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        send_tencent(tencent_client(host))
        send_tencent(tencent_client(host), PhoneNumberSet=["13900139000"])
        vendor = sms_simulator.tencent
        first, second = vendor.messages
        vendor.report("http://never.sent/", first)
        vendor.report("http://never.sent/", second, delivered=False, code="MK:0001")
        (one,) = self.pull(host, limit=1)
        assert (one.ReportStatus, one.SerialNo) == ("SUCCESS", first.message_id)
        assert (one.CountryCode, one.SubscriberNumber) == ("86", ALICE)
        assert one.SessionContext == "delivery-1"
        (two,) = self.pull(host)
        assert (two.ReportStatus, two.Description) == ("FAIL", "MK:0001")
        assert two.PhoneNumber == "+8613900139000"
        assert self.pull(host) == []

    @pytest.mark.parametrize("limit", [0, 101])
    def test_it_refuses_a_limit(
        self, sms_simulator: Simulator, host: str, limit: int
    ) -> None:
        with pytest.raises(TencentCloudSDKException, match="Limit is not"):
            self.pull(host, limit)

    def test_it_refuses_another_application(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        with pytest.raises(TencentCloudSDKException) as caught:
            self.pull(host, app_id="1")
        assert caught.value.code == "UnauthorizedOperation"


class PullSmsSendStatusByPhoneNumberTests:
    def pull(self, host: str, **fields: Any) -> list[str]:
        request = models.PullSmsSendStatusByPhoneNumberRequest()
        given = {
            "SmsSdkAppId": "1400000001",
            "PhoneNumber": f"+86{ALICE}",
            "BeginTime": int(time.time()) - 60,
            "Offset": 0,
            "Limit": 10,
        }
        for name, value in {**given, **fields}.items():
            setattr(request, name, value)
        answer = tencent_client(host).PullSmsSendStatusByPhoneNumber(request)
        return [status.SerialNo for status in answer.PullSmsSendStatusSet]

    def test_tells_of_one_number_as_often_as_asked(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        send_tencent(tencent_client(host))
        send_tencent(tencent_client(host), PhoneNumberSet=["13900139000"])
        vendor = sms_simulator.tencent
        for message in vendor.messages:
            vendor.report("http://never.sent/", message)
        later = int(time.time()) + 60
        for _ in range(2):
            found = self.pull(host, EndTime=later)
            assert found == [vendor.messages[0].message_id]

    def test_tells_of_a_time_and_by_pages(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        send_tencent(tencent_client(host))
        vendor = sms_simulator.tencent
        vendor.report("http://never.sent/", vendor.messages[0])
        later = int(time.time()) + 60
        assert self.pull(host, BeginTime=later, EndTime=later + 60) == []
        assert self.pull(host, EndTime=later - 3600) == []
        assert self.pull(host, EndTime=later, Offset=1) == []

    def test_refuses_an_app_of_others(
        self, sms_simulator: Simulator, host: str
    ) -> None:
        with pytest.raises(TencentCloudSDKException, match="none of yours"):
            self.pull(host, SmsSdkAppId="1400000002")
