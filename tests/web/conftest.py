from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django.asserts import assertRedirects

from tests.phones import ALICE

LOGIN = "/account/login/"
CODE = "/account/login/code/"


@pytest.fixture
def _sign_up(settings: Any) -> None:
    """A code is sent to every number, and the first sign-in makes the user."""
    settings.SMS_VERIFICATION_CREATE_USERS = True


def start(client: Client, number: str = ALICE, **more: Any) -> None:
    """Type the number, and come to the page for the code."""
    response = client.post(LOGIN, {"phone_number": number, **more})
    assertRedirects(response, CODE, fetch_redirect_response=False)


def held(client: Client) -> str:
    """Return the id of the verification that the browser's session began."""
    return client.session["sms_verification"]["login"]
