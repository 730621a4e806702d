from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.phones import ALICE, right_code

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_number_stands_in_the_field(client: Client) -> None:
    given = {"phone_number": ALICE, "purpose": "login"}
    started = client.post("/sms/verifications/", given, "application/json")
    code = {"code": right_code(started.json()["id"])}
    assert client.post("/sms/login/", code, "application/json").status_code == 200
    assert get_user_model().objects.get().phone_number == ALICE
