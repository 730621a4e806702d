from __future__ import annotations

import logging
import socket
from http.client import HTTPConnection, RemoteDisconnected

import pytest

from sms_verification.simulators import faults
from sms_verification.simulators.server import Server, serve
from sms_verification.simulators.simulator import Simulator


def post(connection: HTTPConnection, path: str = "/") -> int:
    connection.request("POST", path, b"{}")
    response = connection.getresponse()
    response.read()
    return response.status


class ServeTests:
    def test_requests_and_connections_are_counted(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        for _ in range(2):
            connection = HTTPConnection(sms_simulator_server.host, timeout=5)
            assert [post(connection), post(connection)] == [200, 200]
            connection.close()
        assert sms_simulator_server.posts == 4
        assert sms_simulator_server.connections == 2

    def test_a_get_is_no_post(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        connection = HTTPConnection(sms_simulator_server.host, timeout=5)
        connection.request("GET", "/")
        assert connection.getresponse().status == 404
        connection.close()
        assert sms_simulator_server.posts == 0

    def test_an_address_of_no_vendor_is_not_found(
        self, sms_simulator_server: Server
    ) -> None:
        connection = HTTPConnection(sms_simulator_server.host, timeout=5)
        assert post(connection, "/elsewhere") == 404
        connection.close()

    def test_a_dropped_connection_is_closed(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sms_simulator.tencent.fail(faults.drop())
        connection = HTTPConnection(sms_simulator_server.host, timeout=5)
        with pytest.raises(RemoteDisconnected):
            post(connection)
        connection.close()

    def test_it_logs_nothing(
        self, sms_simulator_server: Server, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            connection = HTTPConnection(sms_simulator_server.host, timeout=5)
            post(connection, "/?PhoneNumbers=13800138000")
            connection.close()
        assert caplog.records == []

    @pytest.mark.usefixtures("sms_simulator")
    def test_no_connection_outlives_it(self) -> None:
        with serve() as server:
            connection = HTTPConnection(server.host, timeout=5)
            assert post(connection) == 200
        with pytest.raises(OSError):  # noqa: PT011  # of several kinds
            post(connection)
        connection.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(server.server_address)

    @pytest.mark.usefixtures("sms_simulator")
    def test_a_connection_closed_by_its_client_is_no_trouble(self) -> None:
        with serve() as server:
            client = socket.create_connection(server.server_address)
            client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(9)
            client.close()
