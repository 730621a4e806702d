"""Tells a server what time a browser thinks it is."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

HEADER = "X-Seconds-Later"

View = Callable[[HttpRequest], HttpResponse]

_later: ContextVar[timedelta] = ContextVar("later", default=timedelta(0))
_now = timezone.now


def now() -> datetime:
    return _now() + _later.get()


def answer_later(get_response: View) -> View:
    """Answer as the site will after the seconds that the request's header says."""

    def middleware(request: HttpRequest) -> HttpResponse:
        token = _later.set(timedelta(seconds=float(request.headers.get(HEADER, 0))))
        try:
            return get_response(request)
        finally:
            _later.reset(token)

    return middleware
