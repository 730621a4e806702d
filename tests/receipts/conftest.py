from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client
from pytest_django import Settings

from sms_verification.receipts import paths
from tests.receipts.vendors import vendor

Push = Callable[..., Any]


@pytest.fixture(autouse=True)
def _vendors(settings: Settings) -> None:
    names = {"default": "Aliyun", "backup": "Tencent", "world": "Twilio"}
    settings.SMS_VERIFICATION_PROVIDERS = {
        **{alias: vendor(name) for alias, name in names.items()},
        "broken": vendor("Broken"),
        "absent": {"BACKEND": "tests.receipts.vendors.NoSuch"},
        "plain": {"BACKEND": "sms_verification.providers.dummy.DummyProvider"},
    }


def path(alias: str = "default") -> str:
    return f"/sms/receipts/{alias}/{paths.current_secret(alias)}/"


def curious(get_response: Callable[[HttpRequest], Any]) -> Any:
    """A host's middleware that looks at what every request brings."""

    def look(request: HttpRequest) -> Any:
        assert request.POST is not None
        return get_response(request)

    return look


@pytest.fixture
def push() -> Push:
    """Push as Alibaba does."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)

    def send(body: Any, to: str | None = None, **headers: Any) -> Any:
        if not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        kind = headers.pop("content_type", "application/json;charset=utf-8")
        return client.post(to or path(), body, content_type=kind, headers=headers)

    return send
