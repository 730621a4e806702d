from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils.timezone import now
from tencentcloud.common import credential

from sms_verification.exceptions import DeliveryUnknown, MessageRejected
from sms_verification.providers.pushes import CHINA
from sms_verification.simulators import faults
from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from sms_verification.types import Push, Reason, ReceiptStatus
from tests.providers.vendors import CODE, NUMBER, SECRETS, sms, tencent

DELIVERY = sms().delivery_id
KEYLESS = {"secret_id": None, "secret_key": None}


class TencentTests:
    def test_sends_the_variables_by_position(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sent = tencent(sms_simulator_server.host).send(sms())
        (message,) = sms_simulator.tencent.messages
        assert message.params == {"1": CODE, "2": "5"}
        assert message.sign_name == "模拟网站"
        assert message.out_id == DELIVERY
        assert sent.parts == 1

    def test_sends_abroad_by_a_template_for_that(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        tencent(sms_simulator_server.host).send(sms(phone_number="+85261234567"))
        assert sms_simulator.tencent.messages[0].template == "1000002"

    def test_has_templates_where_the_settings_do(self) -> None:
        provider = tencent("vendor.example", international=None)
        assert provider.has_template("login", mainland=True)
        assert not provider.has_template("login", mainland=False)

    @pytest.mark.parametrize(
        "options",
        [{"secret_key": None}, {"secret_id": ""}, {"protocol": "ftp"}],
    )
    def test_says_what_it_cannot_use(self, options: dict[str, Any]) -> None:
        with pytest.raises(ImproperlyConfigured, match="OPTIONS: "):
            tencent("vendor.example", **options)

    def test_takes_the_credentials_of_the_machine(
        self,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("TENCENTCLOUD_SECRET_ID", "simulated-secret-id")
        monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY", SECRETS[1])
        tencent(sms_simulator_server.host, **KEYLESS).send(sms())
        assert len(sms_simulator.tencent.messages) == 1

    def test_refuses_without_any(
        self,
        sms_simulator_server: Server,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        provider = tencent(sms_simulator_server.host, **KEYLESS)
        for call in (provider.prepare, lambda: provider.send(sms())):
            with pytest.raises(MessageRejected) as caught:
                call()
            assert caught.value.reason == Reason.CREDENTIALS
        assert sms_simulator_server.posts == 0

    def test_refuses_with_what_its_sdk_finds_to_be_none(
        self, sms_simulator_server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TENCENTCLOUD_SECRET_ID", "simulated-secret-id ")
        monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY", SECRETS[1])
        with pytest.raises(MessageRejected) as caught:
            tencent(sms_simulator_server.host, **KEYLESS).send(sms())
        assert caught.value.reason == Reason.CREDENTIALS

    def test_takes_the_role_of_the_machine_when_it_is_asked_to(
        self,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        keys = {
            "Code": "Success",
            "TmpSecretId": "simulated-secret-id",
            "TmpSecretKey": SECRETS[1],
            "Token": "simulated-token",
            "ExpiredTime": 2**40,
        }
        (tmp_path / "role").write_text(json.dumps(keys))
        monkeypatch.setenv("HOME", str(tmp_path))
        # The address that only such a machine has.
        role = credential.CVMRoleCredential
        monkeypatch.setattr(role, "_role_endpoint", f"file://{tmp_path}/")
        monkeypatch.setattr(role, "get_role_name", lambda self: "role")
        provider = tencent(sms_simulator_server.host, **KEYLESS, role=True)
        provider.prepare()
        assert "_client" not in vars(provider)
        provider.send(sms())
        assert len(sms_simulator.tencent.messages) == 1

    def test_takes_an_answer_about_no_number_for_none(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        """As its SDK does with an error whose content type names a charset."""
        sms_simulator.tencent.fail(faults.without("SendStatusSet"))
        with pytest.raises(DeliveryUnknown, match="answer"):
            tencent(sms_simulator_server.host).send(sms())

    def test_asks_what_became_of_an_sms(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        provider = tencent(sms_simulator_server.host)
        provider.send(sms())
        (message,) = sms_simulator.tencent.messages
        day = now().astimezone(CHINA).date()
        assert list(provider.ask_receipts(f"+86{NUMBER}", "", day)) == []
        sms_simulator.tencent.report("http://never.sent/", message, delivered=False)
        (receipt,) = provider.ask_receipts(f"+86{NUMBER}", message.message_id, day)
        assert receipt.status == ReceiptStatus.UNDELIVERED
        assert receipt.delivery_id == DELIVERY
        assert receipt.message_id == message.message_id

    def test_reads_what_is_pushed(self) -> None:
        report = {
            "nationcode": "86",
            "mobile": NUMBER,
            "report_status": "SUCCESS",
            "sid": "5000:1",
        }
        push = Push(body=json.dumps([report]).encode(), headers={}, url="")
        (receipt,) = tencent("vendor.example").read_push(push)
        assert (receipt.status, receipt.message_id) == ("delivered", "5000:1")

    def test_tells_of_two_a_day(self) -> None:
        (finding,) = tencent("vendor.example").findings([])
        assert "two messages a day" in finding
