from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from sms_verification.models import PhoneNumber
from tests.phones import ALICE, right_code

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_first_login_makes_what_the_model_demands(client: Client) -> None:
    given = {"phone_number": ALICE, "purpose": "login"}
    started = client.post("/sms/verifications/", given, "application/json")
    code = {"code": right_code(started.json()["id"])}
    assert client.post("/sms/login/", code, "application/json").status_code == 200
    user = get_user_model().objects.get()
    assert user.nickname.endswith("8000")
    assert PhoneNumber.objects.get().user == user
