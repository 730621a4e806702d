from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.test import Client

from sms_verification.models import Delivery, PhoneNumber, Verification
from sms_verification.types import SmsMessage
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory
from tests.phones import ALICE

Post = Callable[..., Any]


@pytest.fixture
def post(client: Client) -> Post:
    """Post JSON to a route below the prefix, as a client that keeps cookies."""

    def send(route: str, body: Any = None, **headers: Any) -> Any:
        text = json.dumps({} if body is None else body)
        return client.post(
            f"/sms/{route}", text, content_type="application/json", headers=headers
        )

    return send


class Caller:
    """Posts exactly these bytes, and sees that they came to nothing."""

    def __init__(self, client: Client, outbox: list[SmsMessage]) -> None:
        self.client = client
        self.outbox = outbox

    def post(
        self, route: str, body: bytes | str, content_type: str = "application/json"
    ) -> Any:
        body = body if isinstance(body, bytes) else body.encode()
        before = _dump()
        response = self.client.generic("POST", f"/sms/{route}", body, content_type)
        assert _dump() == before
        assert self.outbox == []
        assert "_auth_user_id" not in self.client.session
        return response


def _dump() -> list[list[Any]]:
    tables = [PhoneNumber, Verification, Delivery]
    return [list(table.objects.order_by("pk").values()) for table in tables]


@pytest.fixture
def caller(client: Client, outbox: list[SmsMessage]) -> Caller:
    return Caller(client, outbox)


@pytest.fixture
def pending() -> Verification:
    """A login that waits for the code of an existing account."""
    return VerificationFactory(
        purpose="login",
        phone_number__number="+8613900139000",
        phone_number__user=UserFactory(),
        phone_number__failed_checks=3,
    )


@pytest.fixture
def alice() -> Any:
    user = UserFactory()
    PhoneNumberFactory(number=ALICE, user=user)
    return user


@pytest.fixture
def mine(alice: Any) -> Verification:
    number = PhoneNumber.objects.get(number=ALICE)
    return VerificationFactory(purpose="login", phone_number=number)


def signed_in(client: Client) -> Any:
    """Return the user of the client's session."""
    request = HttpRequest()
    request.session = client.session
    user = get_user(request)
    return user if user.is_authenticated else None
