"""The example site, sending by a vendor's own SDK to the simulated vendor."""

from __future__ import annotations

import importlib
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client, override_settings
from phone import vendor
from phone.apps import PhoneConfig
from phone.messages import latest

from sms_verification.models import Delivery
from sms_verification.simulators.messages import message_accepted
from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator

# What the phone is for.
pytestmark = [pytest.mark.django_db, pytest.mark.leaks_on_purpose]

START = {"phone_number": "138 0013 8000", "purpose": "login"}


@pytest.fixture
def aliyun(
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    sms_simulator_server: Server,  # it sees to the proxies
) -> Iterator[None]:
    """The site as ``EXAMPLE_PROVIDER=aliyun`` sets it up."""
    monkeypatch.setenv("EXAMPLE_PROVIDER", "aliyun")
    example = importlib.reload(importlib.import_module("example.settings"))
    settings.SMS_VERIFICATION_PROVIDERS = example.SMS_VERIFICATION_PROVIDERS
    settings.DEBUG, settings.SMS_VERIFICATION_SIMULATORS = True, False
    message_accepted.connect(vendor.receive)
    yield
    message_accepted.disconnect(vendor.receive)
    monkeypatch.undo()
    importlib.reload(example)


def send(**body: str) -> str:
    response = Client().post(
        "/sms/verifications/", {**START, **body}, content_type="application/json"
    )
    return str(response.json().get("delivery"))


@pytest.mark.usefixtures("aliyun")
class SimulatedAliyunTests:
    def test_what_its_sdk_sends_is_on_the_phone(self) -> None:
        posts = vendor.server().posts
        assert send() == "accepted"
        (sms,) = latest()
        assert sms.text.startswith("【模拟网站】")
        assert sms.code in sms.text
        assert sms.phone_number == "+8613800138000"
        assert sms.language == "zh-hans"
        assert sms.id == Delivery.objects.get().pk.hex
        assert vendor.server().posts == posts + 1

    def test_a_number_from_elsewhere_is_written_to_in_english(self) -> None:
        assert send(phone_number="+85251234567") == "accepted"
        assert [sms.language for sms in latest()] == ["en"]

    def test_its_code_signs_in(self) -> None:
        client = Client()
        post = {"content_type": "application/json"}
        begun = client.post("/sms/verifications/", START, **post).json()
        code = {"verification": begun["id"], "code": latest()[0].code}
        assert client.post("/sms/login/", code, **post).status_code == 200

    def test_the_file_is_its_owners_alone(self, sms_file: Path) -> None:
        send()
        assert stat.S_IMODE(sms_file.stat().st_mode) == 0o600

    def test_without_debug_nothing_is_taken(
        self, sms_simulator: Simulator, sms_file: Path
    ) -> None:
        with override_settings(DEBUG=False):
            assert send() != "accepted"
        assert sms_simulator.messages == []
        assert not sms_file.exists()


class StartTests:
    def test_the_default_takes_no_sdk(self) -> None:
        backends = [
            provider["BACKEND"]
            for provider in django_settings.SMS_VERIFICATION_PROVIDERS.values()
        ]
        assert {path.rpartition(".")[2] for path in backends} == {"FileProvider"}
        example = importlib.import_module("example.settings")
        assert (
            "FileProvider" in example.SMS_VERIFICATION_PROVIDERS["default"]["BACKEND"]
        )

    def test_the_phone_hears_of_what_a_vendor_accepts(self) -> None:
        PhoneConfig.create("phone").ready()
        assert message_accepted.disconnect(vendor.receive)


def test_its_commands_end() -> None:
    """Checks build the provider, and with it the vendor's server."""
    project = Path(vendor.__file__).parents[1]
    command = [sys.executable, "manage.py", "check"]
    environment = {**os.environ, "EXAMPLE_PROVIDER": "aliyun"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    subprocess.run(command, cwd=project, env=environment, check=True, timeout=60)
