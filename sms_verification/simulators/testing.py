"""Pytest fixtures for a host's tests against the simulated vendors.

``pytest_plugins = ["sms_verification.simulators.testing"]`` in a ``conftest.py``::

    def test_a_dropped_connection(sms_simulator, sms_simulator_server):
        sms_simulator.aliyun.fail(faults.drop())
        send_by_aliyun(endpoint=sms_simulator_server.url)
        assert sms_simulator_server.posts == 1
        assert "验证码" in sms_simulator.aliyun.messages[-1].text
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sms_verification.simulators.server import Server, serve
from sms_verification.simulators.simulator import Simulator, simulator

__all__ = ["sms_simulator", "sms_simulator_server"]

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@pytest.fixture
def sms_simulator(settings: Any) -> Iterator[Simulator]:
    """The simulated vendors: ``aliyun``, ``dypns``, ``tencent``, ``twilio``.

    They have accepted nothing yet and fail in nothing. Their pages answer, at whatever
    prefix the host has put them.
    """
    simulator.reset()
    # By pytest-django's fixture: a test's own changes to settings are undone with it.
    settings.SMS_VERIFICATION_SIMULATORS = True
    yield simulator
    simulator.reset()


@pytest.fixture
def sms_simulator_server(
    sms_simulator: Simulator,  # noqa: ARG001  # the server's
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Server]:
    """The same on a port: ``url``, ``host``, and how many ``posts``, ``connections``.

    Vendors' libraries would ask a proxy of the environment for it, so there is none.
    """
    for name in _PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with serve() as server:
        yield server
