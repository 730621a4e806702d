"""An SMS that tells of a change, by the real SDKs and real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from sms_verification.exceptions import MessageRejected
from sms_verification.providers.base import Provider
from sms_verification.simulators.accounts import Template
from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from sms_verification.types import SmsMessage
from tests.providers.vendors import OPTIONS, VENDORS, sms

TEXT = "您账号绑定的手机号已更换。"
IDS = {"aliyun": "SMS_100009", "tencent": "1000009"}


def notice() -> SmsMessage:
    return sms(code="", purpose="phone_changed")


def provider(vendor: str, server: Server, **more: Any) -> Provider:
    """Return one with a template for the notice, where the vendor has any."""
    options: dict[str, Any] = {}
    if vendor in IDS:
        own = {"phone_changed": {"id": IDS[vendor], "variables": []}}
        options["templates"] = {**OPTIONS[vendor]["templates"], **own}
    return VENDORS[vendor](server.host, **options, **more)


@pytest.mark.parametrize("vendor", ["aliyun", "tencent", "twilio"])
class TestThatCanTell:
    @pytest.fixture(autouse=True)
    def _approved(self, vendor: str, sms_simulator: Simulator) -> None:
        if vendor in IDS:
            account = getattr(sms_simulator, vendor).account
            account.templates = {**account.templates, IDS[vendor]: Template(TEXT)}

    def test_sends_it_without_a_code(
        self, vendor: str, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sends = provider(vendor, sms_simulator_server)
        assert sends.has_notice("phone_changed", mainland=True)
        sends.send(notice())
        (message,) = getattr(sms_simulator, vendor).messages
        told = TEXT if vendor in IDS else "no longer the phone number of your account"
        assert told in message.text

    def test_sends_codes_by_the_other_template(
        self, vendor: str, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        provider(vendor, sms_simulator_server).send(sms())
        (message,) = getattr(sms_simulator, vendor).messages
        assert "314159" in message.text


@pytest.mark.parametrize("vendor", ["aliyun", "dypns", "tencent"])
class TestThatCannotTell:
    def test_says_so_and_sends_nothing(
        self, vendor: str, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sends = VENDORS[vendor](sms_simulator_server.host)
        assert not sends.has_notice("phone_changed", mainland=True)
        with pytest.raises(MessageRejected) as caught:
            sends.send(notice())
        assert (str(caught.value.reason), caught.value.code) == (
            "configuration",
            "no_template",
        )
        assert getattr(sms_simulator, vendor).messages == []
