from __future__ import annotations

import pytest

HOSTS_TEST = """
import os

from django.conf import settings

from sms_verification.simulators.simulator import simulator
from tests.simulators.sdks import dysms_client, send_sms


def test_a_code_arrives(sms_simulator, sms_simulator_server):
    assert settings.SMS_VERIFICATION_SIMULATORS is True
    assert not {"http_proxy", "HTTP_PROXY"} & os.environ.keys()
    assert send_sms(dysms_client(sms_simulator_server.host)).code == "OK"
    assert sms_simulator.messages[0].params == {"code": "123456"}


def test_nothing_is_left_of_it():
    assert simulator.aliyun.posts == 0
    simulator.aliyun.posts = 1


def test_another_test_begins_anew(sms_simulator):
    assert sms_simulator.messages == []
    assert sms_simulator.aliyun.posts == 0


def test_without_it_there_is_none():
    assert not hasattr(settings, "SMS_VERIFICATION_SIMULATORS")
"""


class FixturesTests:
    def test_a_host_tests_with_them(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        pytester.makeconftest(
            'pytest_plugins = ["sms_verification.simulators.testing"]'
        )
        pytester.makepyfile(HOSTS_TEST)
        result = pytester.runpytest_subprocess("-p", "no:randomly")
        result.assert_outcomes(passed=4)
