"""The ways in which a vendor fails::

    simulator.aliyun.fail(faults.drop(), times=2)

``slow``, ``drop``, ``empty``, ``half``, ``without``, ``wrong_charset`` and
``wrong_types`` spoil the answer to a request that was handled: the SMS has been
accepted. ``server_error``, ``html``, ``redirect`` and ``vendor_error`` come instead of
handling it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from sms_verification.simulators.answers import Answer, Refused

__all__ = [
    "drop",
    "empty",
    "half",
    "html",
    "redirect",
    "server_error",
    "slow",
    "vendor_error",
    "without",
    "wrong_charset",
    "wrong_types",
]


@dataclass(frozen=True)
class Exchange:
    """One request, as a fault sees it."""

    handle: Callable[[], Answer]
    refuse: Callable[[Refused], Answer]
    # The code for "not now".
    outage: str


Fault = Callable[[Exchange], HttpResponse]


def slow(seconds: float) -> Fault:
    """Handle the request, and answer so much later."""

    def fault(exchange: Exchange) -> HttpResponse:
        answer = exchange.handle()
        time.sleep(seconds)
        return answer.response()

    return fault


def drop(*, accepted: bool = True) -> Fault:
    """Close the connection without an answer, the SMS accepted or not.

    Only ``server.serve`` can: any other server answers 500 instead.
    """

    def fault(exchange: Exchange) -> HttpResponse:
        if accepted:
            exchange.handle()
        # wsgiref answers nothing to this one.
        raise ConnectionAbortedError

    return fault


def server_error(status: int = 503) -> Fault:
    """Answer with this status and an error in the vendor's form."""

    def fault(exchange: Exchange) -> HttpResponse:
        refused = Refused(exchange.outage, "The service is unavailable.", status)
        return exchange.refuse(refused).response()

    return fault


def html(status: int = 502) -> Fault:
    """Answer with the page of a proxy that stands before the vendor."""

    def fault(_: Exchange) -> HttpResponse:
        page = "<html><body><h1>Bad Gateway</h1></body></html>"
        return HttpResponse(page, status=status)

    return fault


def redirect(url: str, status: int = 307) -> Fault:
    """Answer that the same is to be sent to another address."""

    def fault(_: Exchange) -> HttpResponse:
        return HttpResponse(status=status, headers={"Location": url})

    return fault


def vendor_error(code: str, text: str = "", status: int | None = None) -> Fault:
    """Refuse with a code of the vendor's, in the form that it has for that code."""

    def fault(exchange: Exchange) -> HttpResponse:
        return exchange.refuse(Refused(code, text, status)).response()

    return fault


def empty() -> Fault:
    """Answer 200 with nothing in it."""
    return _spoiled(lambda _: b"")


def half() -> Fault:
    """Announce the whole answer, send its first half and close the connection."""

    def fault(exchange: Exchange) -> HttpResponse:
        answer = exchange.handle()
        response = answer.response()
        response.content = answer.body[: len(answer.body) // 2]
        response.headers["Content-Length"] = str(len(answer.body))
        return response

    return fault


def wrong_charset() -> Fault:
    """Answer with a string in GBK, which is no UTF-8."""
    return _spoiled(lambda answer: "成功".encode("gbk").join(_around_end(answer.body)))


def without(name: str) -> Fault:
    """Answer in the right form, without this member."""
    return _spoiled(
        lambda answer: Answer(_less(answer.data, name), answer.content_type).body
    )


def wrong_types() -> Fault:
    """Answer in the right form, with numbers for strings and strings for numbers."""
    return _spoiled(
        lambda answer: Answer(_retyped(answer.data), answer.content_type).body
    )


def _spoiled(spoil: Callable[[Answer], bytes]) -> Fault:
    def fault(exchange: Exchange) -> HttpResponse:
        answer = exchange.handle()
        response = answer.response()
        response.content = spoil(answer)
        return response

    return fault


def _around_end(body: bytes) -> tuple[bytes, bytes]:
    """Split before the quotation mark that ends the last string."""
    position = body.rindex(b'"')
    return body[:position], body[position:]


def _less(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _less(item, name) for key, item in value.items() if key != name}


def _retyped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _retyped(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_retyped(item) for item in value]
    return len(value) if isinstance(value, str) else str(value)
