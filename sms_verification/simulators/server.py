"""The simulated vendors on a port of this machine, by HTTP/1.1 with keep-alive."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.http import Http404, HttpResponseBase, HttpResponseNotFound
from django.urls import resolve

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Server", "serve"]

_URLS = "sms_verification.simulators.urls"


class Server(ThreadedWSGIServer):
    """A running server. ``url`` and ``host`` (with the port) say where."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.set_app(_application)
        self.host = f"127.0.0.1:{self.server_port}"
        self.url = f"http://{self.host}"
        # How many requests and TCP connections have come in.
        self.posts = 0
        self.connections = 0
        self._lock = Lock()
        self._open: set[socket.socket] = set()

    def count_post(self) -> None:
        with self._lock:
            self.posts += 1

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        with self._lock:
            self.connections += 1
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Close what clients keep open, or they would talk to a server of the past."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(WSGIRequestHandler):
    server: Server
    # An answer is two writes: the second would wait 40 ms for word of the first.
    disable_nagle_algorithm = True

    def get_environ(self) -> dict[str, Any]:
        if self.command == "POST":
            self.server.count_post()
        return {**super().get_environ(), "simulators.handler": self}

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: the code and the number are in Alibaba Cloud's addresses."""


def _application(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Answer without the host's middleware: a vendor has none of it."""
    request = WSGIRequest(environ)
    try:
        match = resolve(request.path_info, _URLS)
        response = match.func(request, *match.args, **match.kwargs)
    except Http404:
        response = HttpResponseNotFound()
    except ConnectionAbortedError:
        environ["simulators.handler"].close_connection = True
        raise
    return _start(response, environ, start_response)


def _start(
    response: HttpResponseBase, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    body = b"".join(response)
    response.headers.setdefault("Content-Length", str(len(body)))
    if response.headers["Content-Length"] != str(len(body)):
        environ["simulators.handler"].close_connection = True
    start_response(
        f"{response.status_code} {response.reason_phrase}", list(response.items())
    )
    return [body]


@contextmanager
def serve() -> Iterator[Server]:
    """Serve on a free port while the block runs.

    With ``DEBUG`` off all is 404 unless ``SMS_VERIFICATION_SIMULATORS = True``.
    """
    server = Server()
    # Its poll is what leaving the block waits for.
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.hang_up()
        server.server_close()
