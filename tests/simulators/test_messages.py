from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sms_verification.simulators import limits
from sms_verification.simulators.limits import Limit
from sms_verification.simulators.messages import message_accepted
from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from tests.simulators.sdks import aliyun_code, send_tencent, tencent_client


class Slow(Limit):
    """Lets all others in between the look at the limits and the arrival."""

    def is_reached(self, *args: Any) -> bool:
        time.sleep(0.1)
        return False


class InboxTests:
    def test_all_vendors_messages_are_in_the_order_of_their_arrival(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        host = sms_simulator_server.host
        aliyun_code(host)
        send_tencent(tencent_client(host))
        assert [m.vendor for m in sms_simulator.messages] == ["aliyun", "tencent"]
        assert [m.vendor for m in sms_simulator.tencent.messages] == ["tencent"]

    def test_a_repr_tells_neither_code_nor_number_nor_key(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        aliyun_code(sms_simulator_server.host)
        told = repr(sms_simulator.messages)
        assert "123456" not in told
        assert "13800138000" not in told
        accounts = [
            getattr(sms_simulator, vendor).account
            for vendor in ("aliyun", "dypns", "tencent", "twilio")
        ]
        assert "secret-key" not in repr(accounts)
        assert "key-secret" not in repr(accounts)
        assert "auth-token" not in repr(accounts)

    def test_a_reset_gives_the_limits_back(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        assert aliyun_code(sms_simulator_server.host) == "OK"
        sms_simulator.reset()
        assert sms_simulator.messages == []
        assert aliyun_code(sms_simulator_server.host) == "OK"

    def test_of_a_crowd_at_the_same_time_one_is_within_the_limit(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        account, host = sms_simulator.aliyun.account, sms_simulator_server.host
        account.limits = (*limits.ALIYUN, Slow(1, 1, (), "", ""))
        with ThreadPoolExecutor(4) as pool:
            codes = list(pool.map(lambda _: aliyun_code(host), range(4)))
        assert codes.count("OK") == len(sms_simulator.messages) == 1


class MessageAcceptedTests:
    def test_receivers_are_told_with_nothing_locked(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        told: list[Any] = []

        def phone(message: Any, **kwargs: Any) -> None:
            # Another thread's answer is not held up by a phone.
            with ThreadPoolExecutor(1) as pool:
                told.append((message, pool.submit(lambda: sms_simulator.messages)))

        message_accepted.connect(phone)
        try:
            assert aliyun_code(sms_simulator_server.host) == "OK"
        finally:
            message_accepted.disconnect(phone)
        ((message, messages),) = told
        assert messages.result(timeout=5) == [message]

    def test_a_phone_that_breaks_is_nothing_to_the_vendor(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        def phone(**kwargs: Any) -> None:
            raise RuntimeError("dropped")

        message_accepted.connect(phone)
        try:
            assert aliyun_code(sms_simulator_server.host) == "OK"
        finally:
            message_accepted.disconnect(phone)
