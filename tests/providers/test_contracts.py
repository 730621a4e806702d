from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from sms_verification.simulators import faults
from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from sms_verification.testing import ProviderContract
from tests.providers.vendors import OPTIONS, SECRETS

FAULTS = [
    faults.drop(),
    faults.html(502),
    faults.empty(),
    faults.half(),
    faults.server_error(503),
    faults.vendor_error("isv.BUSINESS_LIMIT_CONTROL"),
]


class VendorContract(ProviderContract):
    """The contract, with the simulated vendor for the vendor."""

    __test__ = False
    vendor: str
    secrets = SECRETS

    @pytest.fixture(autouse=True)
    def _vendor(self, sms_simulator: Simulator, sms_simulator_server: Server) -> None:
        address = {"twilio": {"base_url": sms_simulator_server.url}}
        endpoint = {"endpoint": sms_simulator_server.host}
        self.options: dict[str, Any] = {
            **OPTIONS[self.vendor],
            **address.get(self.vendor, endpoint),
        }
        self.simulator = sms_simulator

    @contextmanager
    def vendor_accepts(self) -> Iterator[None]:
        # Or its limits would not let the same number have the next.
        self.simulator.reset()
        yield

    def vendor_fails(self) -> Iterator[AbstractContextManager[Any]]:
        for fault in FAULTS:
            yield self._failing(fault)

    @contextmanager
    def _failing(self, fault: faults.Fault) -> Iterator[None]:
        self.simulator.reset()
        getattr(self.simulator, self.vendor).fail(fault, times=None)
        yield


class TestAliyun(VendorContract):
    __test__ = True
    vendor = "aliyun"
    backend = "sms_verification.providers.aliyun.AliyunProvider"


class TestAliyunPnvs(VendorContract):
    __test__ = True
    vendor = "dypns"
    backend = "sms_verification.providers.aliyun_pnvs.AliyunPnvsProvider"


class TestTencent(VendorContract):
    __test__ = True
    vendor = "tencent"
    backend = "sms_verification.providers.tencent.TencentProvider"


class TestTwilio(VendorContract):
    __test__ = True
    vendor = "twilio"
    backend = "sms_verification.providers.twilio.TwilioProvider"
