from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from alibabacloud_credentials.utils import auth_util
from django.core.exceptions import ImproperlyConfigured
from django.utils.timezone import now

from sms_verification.exceptions import MessageRejected
from sms_verification.providers.aliyun import AliyunProvider
from sms_verification.providers.pushes import CHINA
from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from sms_verification.types import Push, Reason, ReceiptStatus
from tests.providers.vendors import CODE, NUMBER, aliyun, aliyun_pnvs, sms

DELIVERY = sms().delivery_id


class AliyunTests:
    def test_sends_what_is_declared(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        aliyun(sms_simulator_server.host).send(sms())
        (message,) = sms_simulator.aliyun.messages
        assert message.params == {"code": CODE}
        assert message.sign_name == "模拟网站"
        assert message.out_id == DELIVERY

    def test_sends_abroad_by_a_template_for_that(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        aliyun(sms_simulator_server.host).send(sms(phone_number="+85261234567"))
        (message,) = sms_simulator.aliyun.messages
        assert message.phone_number == "+85261234567"
        assert message.template == "SMS_100002"

    def test_has_templates_where_the_settings_do(self) -> None:
        provider = aliyun("vendor.example", templates={"login": "SMS_1"})
        assert provider.has_template("login", mainland=True)
        assert not provider.has_template("register", mainland=True)
        assert provider.has_template("register", mainland=False)

    @pytest.mark.parametrize(
        "options",
        [
            {"access_key_secret": None},
            {"access_key_id": None},
            {"access_key_secret": ""},
            {"access_key_id": "ends in a newline\n"},
            {"security_token": "has spaces in it"},
            {"protocol": "ftp"},
            {"endpoint": "https://vendor.example/"},
        ],
    )
    def test_says_what_it_cannot_use(self, options: dict[str, str | None]) -> None:
        with pytest.raises(ImproperlyConfigured, match="OPTIONS: "):
            aliyun("vendor.example", **options)

    def test_takes_the_credentials_of_the_machine(
        self,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # The environment is read when the module is imported.
        monkeypatch.setattr(auth_util, "environment_access_key_id", "simulated-key-id")
        secret = sms_simulator.aliyun.account.access_key_secret
        monkeypatch.setattr(auth_util, "environment_access_key_secret", secret)
        keyless = {"access_key_id": None, "access_key_secret": None}
        aliyun(sms_simulator_server.host, **keyless).send(sms())
        assert len(sms_simulator.aliyun.messages) == 1

    def test_refuses_without_any(
        self,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(auth_util, "environment_ecs_metadata_disabled", "true")
        monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
        keyless = {"access_key_id": None, "access_key_secret": None}
        with pytest.raises(MessageRejected) as caught:
            aliyun(sms_simulator_server.host, **keyless).send(sms())
        assert caught.value.reason == Reason.CREDENTIALS
        assert sms_simulator_server.posts == 0

    def test_refuses_to_be_printed_by_its_sdk(
        self, sms_simulator_server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """``DEBUG=sdk`` prints each address, with the code in it, and the signature."""
        monkeypatch.setenv("DEBUG", "sdk")
        with pytest.raises(ImproperlyConfigured, match="DEBUG=sdk"):
            aliyun(sms_simulator_server.host).send(sms())
        assert sms_simulator_server.posts == 0
        (finding,) = aliyun("vendor.example").findings([])
        assert "DEBUG=sdk" in finding

    def test_is_quiet_where_that_comes_later(
        self,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level("DEBUG")
        provider = aliyun(sms_simulator_server.host)
        provider.prepare()
        monkeypatch.setenv("DEBUG", "sdk")
        provider.send(sms())
        printed = capsys.readouterr()
        assert CODE not in printed.out + printed.err + caplog.text

    def test_asks_what_became_of_an_sms(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        provider = aliyun(sms_simulator_server.host)
        provider.send(sms())
        (message,) = sms_simulator.aliyun.messages
        day = now().astimezone(CHINA).date()
        (waiting,) = provider.ask_receipts(f"+86{NUMBER}", message.message_id, day)
        assert waiting.status == ReceiptStatus.SENT
        sms_simulator.aliyun.report("http://never.sent/", message)
        for message_id in (message.message_id, ""):
            (receipt,) = provider.ask_receipts(f"+86{NUMBER}", message_id, day)
            assert receipt.status == ReceiptStatus.DELIVERED
            assert receipt.delivery_id == DELIVERY
            assert CODE not in repr(receipt)

    def test_is_told_nothing_of_what_was_never_sent(
        self, sms_simulator_server: Server
    ) -> None:
        provider = aliyun(sms_simulator_server.host)
        day = now().astimezone(CHINA).date()
        assert list(provider.ask_receipts(f"+86{NUMBER}", "", day)) == []

    @pytest.mark.parametrize("vendor", [aliyun, aliyun_pnvs])
    def test_reads_what_is_pushed(self, vendor: type[AliyunProvider]) -> None:
        report = {
            "phone_number": NUMBER,
            "success": True,
            "err_code": "DELIVERED",
            "report_time": "2026-01-05 20:00:00",
            "biz_id": "1^0",
            "out_id": DELIVERY,
        }
        push = Push(body=json.dumps([report]).encode(), headers={}, url="")
        (receipt,) = vendor("vendor.example").read_push(push)
        assert receipt.status == ReceiptStatus.DELIVERED
        assert receipt.at == datetime(2026, 1, 5, 12, tzinfo=UTC)

    def test_finds_a_sign_name_wanting(self) -> None:
        assert list(aliyun("vendor.example").findings([])) == []
        provider = aliyun(
            "vendor.example", international={"templates": {"login": "SMS_1"}}
        )
        assert len(list(provider.findings([]))) == 1


class AliyunPnvsTests:
    def test_sends_our_code_and_the_minutes(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        aliyun_pnvs(sms_simulator_server.host).send(sms())
        (message,) = sms_simulator.dypns.messages
        assert message.params == {"code": CODE, "min": "5"}
        assert message.out_id == DELIVERY

    def test_sends_to_the_mainland_alone(self, sms_simulator_server: Server) -> None:
        provider = aliyun_pnvs(sms_simulator_server.host)
        with pytest.raises(MessageRejected) as caught:
            provider.send(sms(phone_number="+85261234567"))
        assert caught.value.reason == Reason.UNSUPPORTED_DESTINATION
        assert sms_simulator_server.posts == 0
        assert provider.has_template("login", mainland=True)
        assert not provider.has_template("login", mainland=False)
