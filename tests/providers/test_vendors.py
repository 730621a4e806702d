"""What all vendors' providers do alike, by the real SDKs and real HTTP."""

from __future__ import annotations

import os
import socket
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread

import pytest
import requests

from sms_verification.exceptions import DeliveryUnknown, MessageRejected
from sms_verification.providers.base import Provider
from sms_verification.simulators import faults
from sms_verification.simulators.server import Server, serve
from sms_verification.simulators.simulator import Simulator
from sms_verification.types import Reason
from tests.providers.vendors import CODE, NUMBER, SECRETS, make, sms
from tests.providers.vendors import VENDORS as VENDORS_OF

VENDORS = pytest.mark.parametrize("vendor", ["aliyun", "dypns", "tencent", "twilio"])

# The SMS may have left, whichever vendor it is.
UNKNOWN = {
    "dropped": faults.drop(),
    "a page of a proxy": faults.html(502),
    "a page with 200": faults.html(200),
    "empty": faults.empty(),
    "half": faults.half(),
    "500": faults.server_error(500),
}


def failure(provider: Provider) -> MessageRejected | DeliveryUnknown:
    try:
        provider.send(sms())
    except (MessageRejected, DeliveryUnknown) as error:
        return error
    raise AssertionError("It was accepted.")


def assert_tells_nothing(error: Exception) -> None:
    told = "".join(traceback.format_exception(error)) + repr(vars(error))
    assert error.__cause__ is None
    assert error.__context__ is None
    for secret in (CODE, NUMBER, *SECRETS):
        assert secret not in told


@contextmanager
def proxy() -> Iterator[tuple[str, list[str]]]:
    """Take one request for another host, and hang up before the answer."""
    taken: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def take() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as request:
                taken.append(request.readline().split()[0].decode())
                while request.readline().strip():
                    pass

        thread = Thread(target=take)
        thread.start()
        yield "http://{}:{}".format(*listening.getsockname()), taken
        thread.join(5)


@VENDORS
class AcceptedTests:
    def test_arrives_with_its_code(
        self, vendor: str, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sent = make(vendor, sms_simulator_server).send(sms())
        (message,) = getattr(sms_simulator, vendor).messages
        assert message.phone_number == f"+86{NUMBER}"
        assert CODE in message.text
        assert sent.message_id == message.message_id
        assert sms_simulator_server.posts == 1

    def test_tells_the_minutes_that_are_left(
        self, vendor: str, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        if vendor == "aliyun":
            pytest.skip("Its templates for codes take the code alone.")
        message = sms(lifetime=timedelta(minutes=3))
        make(vendor, sms_simulator_server).send(message)
        assert "3" in getattr(sms_simulator, vendor).messages[0].text.replace(CODE, "")

    def test_takes_one_connection_for_all(
        self, vendor: str, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        provider = make(vendor, sms_simulator_server)
        for last in range(5):
            provider.send(sms(phone_number=f"+861380013800{last}"))
        assert sms_simulator_server.connections == 1
        assert len(getattr(sms_simulator, vendor).messages) == 5

    def test_goes_out_from_many_threads(
        self, vendor: str, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        provider = make(vendor, sms_simulator_server)
        messages = [sms(phone_number=f"+861380013800{last}") for last in range(8)]
        with ThreadPoolExecutor(8) as threads:
            ids = {s.message_id for s in threads.map(provider.send, messages)}
        assert len(ids) == 8
        assert sms_simulator_server.posts == 8

    def test_is_prepared_without_the_network(
        self, vendor: str, sms_simulator_server: Server
    ) -> None:
        provider = make(vendor, sms_simulator_server)
        provider.prepare()
        provider.prepare()
        assert sms_simulator_server.connections == 0


@VENDORS
class FailureTests:
    @pytest.mark.parametrize("how", sorted(UNKNOWN))
    def test_without_a_clear_answer_is_unknown(
        self,
        vendor: str,
        how: str,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
    ) -> None:
        getattr(sms_simulator, vendor).fail(UNKNOWN[how], times=None)
        error = failure(make(vendor, sms_simulator_server))
        assert isinstance(error, DeliveryUnknown)
        assert_tells_nothing(error)
        assert sms_simulator_server.posts == 1

    @pytest.mark.parametrize("fault", ["wrong_charset", "wrong_types"])
    def test_is_survived(
        self,
        vendor: str,
        fault: str,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
    ) -> None:
        """Whether such an answer can be read is the SDK's to say."""
        getattr(sms_simulator, vendor).fail(getattr(faults, fault)(), times=None)
        try:
            make(vendor, sms_simulator_server).send(sms())
        except DeliveryUnknown as error:
            assert_tells_nothing(error)
        assert sms_simulator_server.posts == 1

    def test_that_never_connected_was_not_sent(self, vendor: str) -> None:
        with serve() as server:
            pass
        error = failure(make(vendor, server))
        assert isinstance(error, MessageRejected)
        assert error.reason == Reason.UNAVAILABLE
        assert_tells_nothing(error)

    @pytest.mark.parametrize("status", [302, 307, 308])
    def test_that_leads_elsewhere_is_not_followed(
        self,
        vendor: str,
        status: int,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
    ) -> None:
        with serve() as elsewhere:
            fault = faults.redirect(f"{elsewhere.url}/?here=too", status)
            getattr(sms_simulator, vendor).fail(fault, times=None)
            with pytest.raises((DeliveryUnknown, MessageRejected)):
                make(vendor, sms_simulator_server).send(sms())
            assert (sms_simulator_server.posts, elsewhere.connections) == (1, 0)

    def test_is_not_mistaken_for_one_of_the_host_s(
        self, vendor: str, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        """A host that sends an SMS because its push notification failed."""
        getattr(sms_simulator, vendor).fail(faults.drop())
        try:
            raise requests.ConnectTimeout
        except requests.ConnectTimeout:
            error = failure(make(vendor, sms_simulator_server))
        assert isinstance(error, DeliveryUnknown)

    def test_of_a_proxy_that_took_it_is_unknown(
        self, vendor: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with proxy() as (url, taken):
            for name in ("http_proxy", "https_proxy"):
                monkeypatch.setenv(name, url)
            provider = VENDORS_OF[vendor]("vendor.invalid")
            error = failure(provider)
        assert taken == ["POST"]
        assert isinstance(error, DeliveryUnknown)
        assert_tells_nothing(error)

    def test_by_time_is_unknown(
        self,
        vendor: str,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("sms_verification.providers.network.TIMEOUTS", (2.0, 0.2))
        getattr(sms_simulator, vendor).fail(faults.slow(0.6), times=None)
        error = failure(make(vendor, sms_simulator_server))
        assert isinstance(error, DeliveryUnknown)
        assert error.code == "timeout"
        assert_tells_nothing(error)
        assert sms_simulator_server.posts == 1

    def test_with_wrong_keys_is_one_of_credentials(
        self, vendor: str, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        account = getattr(sms_simulator, vendor).account
        for name in ("access_key_secret", "secret_key", "auth_token"):
            if hasattr(account, name):
                setattr(account, name, "another key")
        error = failure(make(vendor, sms_simulator_server))
        assert isinstance(error, MessageRejected)
        assert error.reason == Reason.CREDENTIALS
        assert_tells_nothing(error)


@VENDORS
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
class ForkTests:
    def test_gives_a_child_connections_of_its_own(
        self, vendor: str, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        """The child would read the answers that its parent waits for."""
        make(vendor, sms_simulator_server).send(sms())
        child = os.fork()
        if not child:
            try:
                # As the registry does: built again in a new process.
                again = sms(phone_number="+8613800138001")
                make(vendor, sms_simulator_server).send(again)
                os._exit(0)
            except BaseException:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        assert sms_simulator_server.connections == 2
