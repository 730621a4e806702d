"""What an error report shows of a login that the database broke off."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate, authenticate
from django.db import DatabaseError
from django.http import HttpRequest
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

from sms_verification import storage

# Back to front in the source, which a report quotes.
CODE = "828172"[::-1]
NUMBER = "0008310083168+"[::-1]
GIVEN = {"phone_number": NUMBER, "verification_id": "0" * 32, "secret_code": CODE}


def _fail(*args: Any, **kwargs: Any) -> None:
    raise DatabaseError("The database is gone.")


def _log_in(request: HttpRequest) -> None:
    authenticate(request, **GIVEN)


@async_to_sync
async def _log_in_async(request: HttpRequest) -> None:
    await aauthenticate(request, **GIVEN)


@pytest.mark.parametrize("log_in", [_log_in, _log_in_async])
def test_neither_code_nor_number(log_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "find", _fail)
    request = RequestFactory().get("/")
    try:
        log_in(request)
    except DatabaseError:
        report = ExceptionReporter(request, *sys.exc_info()).get_traceback_html()
    assert "The database is gone." in report
    assert CODE not in report
    assert NUMBER not in report
