from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator

from sms_verification.simulators import receipts
from sms_verification.simulators.messages import SimulatedMessage
from sms_verification.simulators.simulator import Simulator


class Host(HTTPServer):
    """A host that takes receipts."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/receipts/a-secret/"
        self.taken: list[tuple[str, str, bytes]] = []


class Handler(BaseHTTPRequestHandler):
    server: Host

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, self.headers["Content-Type"], body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"code": 0}')

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def message(vendor: str, number: str = "+8613800138000") -> SimulatedMessage:
    return SimulatedMessage(
        vendor=vendor,
        phone_number=number,
        text="text",
        sent_at=datetime(2026, 1, 5, 11, 59, tzinfo=UTC),
        message_id=f"id of {number[-3:]}",
        out_id="delivery-1",
        sign_name="+15005550006",
    )


@pytest.fixture
def vendors(sms_simulator: Simulator) -> Simulator:
    """At eight in the evening in China."""
    sms_simulator.set_clock(lambda: datetime(2026, 1, 5, 12, tzinfo=UTC))
    return sms_simulator


class ReportTests:
    @pytest.mark.parametrize("vendor", ["aliyun", "dypns"])
    def test_alibabas(self, vendors: Simulator, vendor: str) -> None:
        push = getattr(vendors, vendor).report("http://host/", message(vendor))
        assert push.headers == {"Content-Type": "application/json;charset=utf-8"}
        assert push.timeout == 0.7
        assert json.loads(push.body) == [
            {
                "phone_number": "13800138000",
                "send_time": "2026-01-05 19:59:00",
                "report_time": "2026-01-05 20:00:00",
                "success": True,
                "err_code": "DELIVERED",
                "err_msg": "用户接收成功",
                "sms_size": "1",
                "biz_id": "id of 000",
                "out_id": "delivery-1",
            }
        ]

    def test_alibabas_of_several_that_failed(self, vendors: Simulator) -> None:
        push = vendors.aliyun.report(
            "http://host/",
            message("aliyun"),
            message("aliyun", "+85251234567"),
            delivered=False,
            code="MK:0001",
        )
        first, second = json.loads(push.body)
        assert (first["success"], first["err_code"]) == (False, "MK:0001")
        assert second["phone_number"] == "85251234567"

    def test_tencents(self, vendors: Simulator) -> None:
        push = vendors.tencent.report("http://host/", message("tencent"))
        assert push.headers == {"Content-Type": "application/json"}
        assert json.loads(push.body) == [
            {
                "user_receive_time": "2026-01-05 20:00:00",
                "nationcode": "86",
                "mobile": "13800138000",
                "report_status": "SUCCESS",
                "errmsg": "DELIVRD",
                "description": "用户短信送达成功",
                "sid": "id of 000",
                "ext": "delivery-1",
            }
        ]

    def test_tencents_of_one_that_failed_abroad(self, vendors: Simulator) -> None:
        abroad = message("tencent", "+85251234567")
        push = vendors.tencent.report("http://host/", abroad, delivered=False)
        (report,) = json.loads(push.body)
        assert (report["nationcode"], report["mobile"]) == ("852", "51234567")
        assert (report["report_status"], report["errmsg"]) == ("FAIL", "UNDELIV")

    @pytest.mark.parametrize(
        ("delivered", "code", "error"),
        [(True, "", None), (False, "", "30003"), (False, "30005", "30005")],
    )
    def test_twilios_is_signed_as_its_own_library_checks(
        self, vendors: Simulator, delivered: bool, code: str, error: str | None
    ) -> None:
        url = "https://host.example/receipts/twilio/?a=1"
        push = vendors.twilio.report(
            url, message("twilio"), delivered=delivered, code=code
        )
        fields = dict(parse_qsl(push.body.decode()))
        validator = RequestValidator(vendors.twilio.account.auth_token)
        signature = push.headers["X-Twilio-Signature"]
        assert validator.validate(url, fields, signature)
        assert not validator.validate(url, fields | {"To": "+1"}, signature)
        status = "delivered" if delivered else "undelivered"
        assert fields["MessageStatus"] == status
        assert fields["MessageSid"] == "id of 000"
        assert fields.get("ErrorCode") == error

    def test_twilios_signature_is_the_published_example(self) -> None:
        fields = {
            "CallSid": "CA1234567890ABCDE",
            "Caller": "+14158675309",
            "Digits": "1234",
            "From": "+14158675309",
            "To": "+18005551212",
        }
        url = "https://mycompany.com/myapp.php?foo=1&bar=2"
        signature = receipts.twilio_signature("12345", url, fields)
        assert signature == "RSOYDt4T1cUTdK1PDd93/VVr8B8="

    def test_its_repr_tells_no_number(self, vendors: Simulator) -> None:
        push = vendors.aliyun.report("http://host/", message("aliyun"))
        assert "13800138000" not in f"{push!r} {vendors.aliyun.receipts!r}"


class SendTests:
    def test_it_is_posted_as_often_as_it_is_sent(
        self, vendors: Simulator, host: Host
    ) -> None:
        push = vendors.aliyun.report(f"{host.url}?token=1", message("aliyun"))
        answers = [push.send(), push.send()]
        assert [(a.status, a.body) for a in answers] == [(200, b'{"code": 0}')] * 2
        path = "/receipts/a-secret/?token=1"
        sent = (path, "application/json;charset=utf-8", push.body)
        assert host.taken == [sent, sent]

    def test_they_may_come_out_of_order(self, vendors: Simulator, host: Host) -> None:
        early = vendors.tencent.report(host.url, message("tencent"), delivered=False)
        late = vendors.tencent.report(host.url, message("tencent"))
        late.send()
        early.send()
        assert [body for _, _, body in host.taken] == [late.body, early.body]

    def test_a_host_that_is_too_slow_is_not_waited_for(
        self, vendors: Simulator
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            push = vendors.aliyun.report(f"http://127.0.0.1:{port}/", message("aliyun"))
            with pytest.raises(TimeoutError):
                push.send()
