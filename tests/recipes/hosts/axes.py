from __future__ import annotations

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.test import Client

from sms_verification.models import PhoneNumber, Verification
from tests.phones import ALICE, mistyped, right_code

pytestmark = pytest.mark.django_db(transaction=True)

JSON = "application/json"


@pytest.fixture
def alice() -> Any:
    alice = get_user_model().objects.create(username="alice")
    PhoneNumber.objects.create(number=ALICE, user=alice)
    return alice


def begin(client: Client) -> str:
    given = {"phone_number": ALICE, "purpose": "login"}
    id_: str = client.post("/sms/verifications/", given, JSON).json()["id"]
    return id_


def post(client: Client, page: bool, code: str) -> Any:
    if page:
        return client.post("/account/login/code/", {"code": code})
    return client.post("/sms/login/", {"code": code}, JSON)


@pytest.mark.parametrize("page", [True, False])
class TestFailedCode:
    def test_counts_as_a_failed_login(
        self, client: Client, alice: Any, page: bool
    ) -> None:
        wrong = mistyped(right_code(begin(client)))
        assert post(client, page, wrong).status_code in {200, 400}
        attempt = AccessAttempt.objects.get()
        number = PhoneNumber.objects.get()
        assert attempt.username == f"sms:{number.pk}"
        assert attempt.failures_since_start == 1

    def test_leaves_neither_code_nor_number(
        self, client: Client, alice: Any, page: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        id_ = begin(client)
        wrong = mistyped(right_code(id_))
        if page:
            more = {"verification": id_, "phone_number": ALICE}
            client.post("/account/login/code/", {"code": wrong, **more})
        else:
            post(client, page, wrong)
        kept = str(list(AccessAttempt.objects.values())) + caplog.text
        assert "sms:" in kept
        assert wrong not in kept
        assert ALICE.removeprefix("+86") not in kept
        assert id_ not in kept

    def test_locks_out_when_there_are_too_many(
        self, client: Client, alice: Any, page: bool
    ) -> None:
        id_ = begin(client)
        Verification.objects.update(checks_left=9)
        code = right_code(id_)
        for _ in range(5):
            post(client, page, mistyped(code))
        before = Verification.objects.get().checks_left
        assert post(client, page, code).status_code == 429
        assert "_auth_user_id" not in client.session
        assert Verification.objects.get().checks_left == before

    def test_is_forgotten_after_a_right_one(
        self, client: Client, alice: Any, page: bool
    ) -> None:
        code = right_code(begin(client))
        post(client, page, mistyped(code))
        assert post(client, page, code).status_code in {200, 302}
        assert "_auth_user_id" in client.session
        assert not AccessAttempt.objects.exists()
