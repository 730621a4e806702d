from __future__ import annotations

from sms_verification.simulators.testing import sms_simulator, sms_simulator_server

__all__ = ["sms_simulator", "sms_simulator_server"]
