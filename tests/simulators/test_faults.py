"""What the vendors' own libraries make of each failure, and how often they send."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse, IncompleteRead

import pytest
import requests
from darabonba.exceptions import UnretryableException
from Tea.exceptions import TeaException
from tencentcloud.common.exception.tencent_cloud_sdk_exception import (
    TencentCloudSDKException,
)
from twilio.base.exceptions import TwilioException

from sms_verification.simulators import faults
from sms_verification.simulators.faults import Fault
from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from tests.simulators.sdks import (
    aliyun_code,
    dysms_client,
    send_sms,
    send_tencent,
    send_twilio,
    tencent_client,
    twilio_client,
)

BROKEN = {
    "drop": faults.drop,
    "html": faults.html,
    "empty": faults.empty,
    "half": faults.half,
    "wrong_charset": faults.wrong_charset,
}
ACCEPTED = {"drop", "empty", "half", "wrong_charset"}


class BrokenAnswerTests:
    @pytest.mark.parametrize("name", sorted(BROKEN))
    def test_alibabas_library_raises_and_does_not_send_again(
        self, sms_simulator: Simulator, sms_simulator_server: Server, name: str
    ) -> None:
        sms_simulator.aliyun.fail(BROKEN[name]())
        with pytest.raises(UnretryableException):
            send_sms(dysms_client(sms_simulator_server.host))
        assert sms_simulator_server.posts == sms_simulator.aliyun.posts == 1
        assert len(sms_simulator.messages) == (name in ACCEPTED)

    @pytest.mark.parametrize("name", sorted(BROKEN))
    def test_tencents_library_raises_and_does_not_send_again(
        self, sms_simulator: Simulator, sms_simulator_server: Server, name: str
    ) -> None:
        sms_simulator.tencent.fail(BROKEN[name]())
        with pytest.raises((TencentCloudSDKException, ValueError)):
            send_tencent(tencent_client(sms_simulator_server.host))
        assert sms_simulator_server.posts == sms_simulator.tencent.posts == 1
        assert len(sms_simulator.messages) == (name in ACCEPTED)

    @pytest.mark.parametrize("name", sorted(BROKEN))
    def test_twilios_library_does_not_send_again(
        self, sms_simulator: Simulator, sms_simulator_server: Server, name: str
    ) -> None:
        sms_simulator.twilio.fail(BROKEN[name]())
        # It takes an empty answer and a wrong charset for success.
        with suppress(TwilioException, requests.RequestException):
            send_twilio(twilio_client(sms_simulator_server.url))
        assert sms_simulator_server.posts == sms_simulator.twilio.posts == 1
        assert len(sms_simulator.messages) == (name in ACCEPTED)

    def test_a_connection_may_drop_before_the_sms_is_accepted(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sms_simulator.aliyun.fail(faults.drop(accepted=False))
        with pytest.raises(UnretryableException):
            send_sms(dysms_client(sms_simulator_server.host))
        assert sms_simulator.messages == []

    def test_types_are_swapped(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sms_simulator.aliyun.fail(faults.wrong_types())
        body = send_sms(dysms_client(sms_simulator_server.host))
        assert (body.code, body.biz_id) == (2, 20)

    def test_an_answers_lists_are_swapped_as_well(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sms_simulator.tencent.fail(faults.wrong_types())
        status = send_tencent(tencent_client(sms_simulator_server.host))
        assert (status.Code, status.Fee) == (2, "1")


class RefusalTests:
    @pytest.mark.parametrize(
        ("fault", "code", "status"),
        [
            (faults.server_error, "ServiceUnavailable", 503),
            (lambda: faults.server_error(500), "ServiceUnavailable", 500),
            (lambda: faults.vendor_error("InternalError"), "InternalError", 500),
            (lambda: faults.vendor_error("Throttling.User"), "Throttling.User", 400),
            (
                lambda: faults.vendor_error("Throttling.User", "later", 429),
                "Throttling.User",
                429,
            ),
        ],
        ids=["503", "500", "internal", "throttling", "429"],
    )
    def test_alibabas_gateway_answers_an_error(
        self,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
        fault: Callable[[], Fault],
        code: str,
        status: int,
    ) -> None:
        sms_simulator.aliyun.fail(fault())
        with pytest.raises(TeaException) as caught:
            send_sms(dysms_client(sms_simulator_server.host))
        assert (caught.value.code, caught.value.status_code) == (code, status)
        assert sms_simulator.messages == []

    def test_alibabas_service_answers_200(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sms_simulator.aliyun.fail(faults.vendor_error("isv.AMOUNT_NOT_ENOUGH", "余额"))
        body = send_sms(dysms_client(sms_simulator_server.host))
        assert (body.code, body.message) == ("isv.AMOUNT_NOT_ENOUGH", "余额")

    def test_tencent_refuses_a_number(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        code = "FailedOperation.InsufficientBalanceInSmsPackage"
        sms_simulator.tencent.fail(faults.vendor_error(code))
        status = send_tencent(tencent_client(sms_simulator_server.host))
        assert (status.Code, status.SerialNo, status.Fee) == (code, "", 0)

    def test_tencent_refuses_a_request(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sms_simulator.tencent.fail(faults.vendor_error("RequestLimitExceeded"))
        with pytest.raises(TencentCloudSDKException) as caught:
            send_tencent(tencent_client(sms_simulator_server.host))
        assert caught.value.code == "RequestLimitExceeded"

    def test_tencent_is_unavailable(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sms_simulator.tencent.fail(faults.server_error())
        with pytest.raises(TencentCloudSDKException) as caught:
            send_tencent(tencent_client(sms_simulator_server.host))
        assert caught.value.code == "ServerNetworkError"

    @pytest.mark.parametrize(
        ("fault", "code", "status"),
        [
            (faults.server_error, 20500, 503),
            (lambda: faults.vendor_error("20429"), 20429, 429),
            (lambda: faults.vendor_error("21610"), 21610, 400),
        ],
        ids=["503", "429", "unsubscribed"],
    )
    def test_twilio_answers_an_error(
        self,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
        fault: Callable[[], Fault],
        code: int,
        status: int,
    ) -> None:
        sms_simulator.twilio.fail(fault())
        with pytest.raises(Exception) as caught:  # noqa: PT011
            send_twilio(twilio_client(sms_simulator_server.url))
        assert (caught.value.code, caught.value.status) == (code, status)


class SlowTests:
    def test_the_answer_is_late_and_the_sms_is_not(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sms_simulator.aliyun.fail(faults.slow(0.2))
        begun = time.monotonic()
        assert aliyun_code(sms_simulator_server.host) == "OK"
        assert time.monotonic() - begun >= 0.2

    def test_who_waits_less_does_not_know_what_became_of_it(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sms_simulator.tencent.fail(faults.slow(1))
        client = tencent_client(sms_simulator_server.host, timeout=0.1)
        with pytest.raises(TencentCloudSDKException, match="timed out"):
            send_tencent(client)
        assert len(sms_simulator.messages) == 1


class FailTests:
    def test_faults_come_in_the_order_of_calls_and_so_many_times(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        vendor, host = sms_simulator.aliyun, sms_simulator_server.host
        vendor.fail(faults.vendor_error("isv.A"), times=2)
        vendor.fail(faults.vendor_error("isv.B"))
        codes = [aliyun_code(host) for _ in range(4)]
        assert codes == ["isv.A", "isv.A", "isv.B", "OK"]

    def test_without_a_number_it_fails_until_it_is_healed(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        vendor, host = sms_simulator.aliyun, sms_simulator_server.host
        vendor.fail(faults.vendor_error("isv.A"), times=None)
        vendor.fail(faults.vendor_error("isv.B"))
        assert [aliyun_code(host) for _ in range(3)] == ["isv.B", "isv.A", "isv.A"]
        vendor.fail(faults.vendor_error("isv.B"))
        vendor.heal()
        assert aliyun_code(host) == "OK"

    def test_another_vendor_is_well(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sms_simulator.aliyun.fail(faults.drop(), times=None)
        assert send_tencent(tencent_client(sms_simulator_server.host)).Code == "Ok"


class WireTests:
    """The bytes, as no library shows them."""

    def post(self, server: Server) -> tuple[HTTPResponse, HTTPConnection]:
        connection = HTTPConnection(server.host, timeout=5)
        connection.request("POST", "/", b"{}", {"x-acs-action": "SendSms"})
        return connection.getresponse(), connection

    def test_half_an_answer_is_announced_whole(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sms_simulator.aliyun.fail(faults.half())
        response, connection = self.post(sms_simulator_server)
        with pytest.raises(IncompleteRead):
            response.read()
        connection.close()

    def test_a_wrong_charset_is_no_utf_8(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sms_simulator.aliyun.fail(faults.wrong_charset())
        response, connection = self.post(sms_simulator_server)
        body = response.read()
        connection.close()
        assert response.headers["Content-Type"] == "application/json;charset=utf-8"
        assert "成功" in body.decode("gbk")
        with pytest.raises(UnicodeDecodeError):
            body.decode()

    @pytest.mark.parametrize(
        ("headers", "content_type"),
        [
            ({"x-acs-action": "SendSms"}, "application/json;charset=utf-8"),
            ({"x-tc-action": "SendSms"}, "application/json"),
        ],
        ids=["aliyun", "tencent"],
    )
    def test_an_error_has_the_vendors_content_type_and_form(
        self,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
        headers: dict[str, str],
        content_type: str,
    ) -> None:
        connection = HTTPConnection(sms_simulator_server.host, timeout=5)
        connection.request("POST", "/", b"{}", headers)
        response = connection.getresponse()
        data = json.loads(response.read())
        connection.close()
        assert response.headers["Content-Type"] == content_type
        if "x-acs-action" in headers:
            assert data.keys() >= {"Code", "Message", "RequestId", "HostId"}
        else:
            assert data["Response"].keys() == {"Error", "RequestId"}
