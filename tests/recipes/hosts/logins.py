"""What each recipe for an API must keep. Run by ``tests/recipes``, in its own site."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import resolve

from sms_verification import logins, verifications
from sms_verification.models import PhoneNumber, Verification
from tests.phones import ALICE, mistyped, right_code

REFUSED = {"non_field_errors": ["The code is wrong or no longer valid."]}


def start(client: Client) -> str:
    given = {"phone_number": ALICE, "purpose": "login"}
    made = client.post("/sms/verifications/", given, "application/json")
    assert made.status_code == 201
    id_: str = made.json()["id"]
    return id_


# In real transactions: DRF rolls back that of a test, where ATOMIC_REQUESTS is on.
@pytest.mark.django_db(transaction=True)
class LoginContract:
    url: str

    def accepted(self, answer: Any, user: Any) -> None:
        raise NotImplementedError

    @pytest.fixture
    def alice(self) -> Any:
        alice = get_user_model().objects.create(username="alice")
        PhoneNumber.objects.create(number=ALICE, user=alice)
        return alice

    def post(self, client: Client, **given: Any) -> Any:
        return client.post(self.url, given, "application/json")

    def test_a_right_code_logs_in_once(self, client: Client, alice: Any) -> None:
        id_ = start(client)
        given = {"verification": id_, "code": right_code(id_)}
        answer = self.post(client, **given)
        assert answer.status_code == 200
        self.accepted(answer, alice)
        assert "no-store" in answer["Cache-Control"]
        again = self.post(client, **given)
        assert (again.status_code, again.json()) == (400, REFUSED)

    def test_the_session_knows_the_verification(
        self, client: Client, alice: Any
    ) -> None:
        answer = self.post(client, code=right_code(start(client)))
        assert answer.status_code == 200

    def test_a_proof_logs_in_once(self, client: Client, alice: Any) -> None:
        id_ = start(client)
        checked = client.post(
            f"/sms/verifications/{id_}/check/",
            {"code": right_code(id_)},
            "application/json",
        )
        proof = checked.json()["proof"]
        assert self.post(client, proof=proof).status_code == 200
        again = self.post(client, proof=proof)
        assert (again.status_code, again.json()) == (400, REFUSED)

    def test_a_wrong_code_is_refused_and_counted(
        self, client: Client, alice: Any
    ) -> None:
        """Though ``ATOMIC_REQUESTS`` is on."""
        id_ = start(client)
        wrong = mistyped(right_code(id_))
        answer = self.post(client, verification=id_, code=wrong)
        assert (answer.status_code, answer.json()) == (400, REFUSED)
        assert Verification.objects.get(pk=id_).checks_left == 4

    def test_a_number_without_account_gets_the_same_answer(
        self, client: Client
    ) -> None:
        id_ = start(client)
        answer = self.post(client, verification=id_, code=right_code(id_))
        assert (answer.status_code, answer.json()) == (400, REFUSED)

    def test_an_inactive_account_gets_the_same_answer(
        self, client: Client, alice: Any
    ) -> None:
        id_ = start(client)
        get_user_model().objects.update(is_active=False)
        answer = self.post(client, verification=id_, code=right_code(id_))
        assert (answer.status_code, answer.json()) == (400, REFUSED)

    def test_a_proof_that_is_none_gets_the_same_answer(self, client: Client) -> None:
        answer = self.post(client, proof="forged")
        assert (answer.status_code, answer.json()) == (400, REFUSED)

    @pytest.mark.parametrize("given", [{}, {"code": 123456}, {"code": "1"}])
    def test_what_is_malformed_spends_nothing(
        self, client: Client, alice: Any, given: dict[str, Any]
    ) -> None:
        id_ = start(client)
        answer = self.post(client, verification=id_, **given)
        assert answer.status_code == 400
        assert Verification.objects.get(pk=id_).checks_left == 5

    @pytest.mark.parametrize("type_", ["application/json", "multipart"])
    @pytest.mark.parametrize("debug", [True, False])
    def test_an_error_report_shows_neither_code_nor_number(
        self,
        client: Client,
        alice: Any,
        monkeypatch: pytest.MonkeyPatch,
        settings: Any,
        mailoutbox: list[Any],
        debug: bool,
        type_: str,
    ) -> None:
        def fail(verification_id: UUID, code: str, *rest: Any, **more: Any) -> None:
            verification = verifications.status(verification_id)
            number = verification.phone_number.number
            assert number == ALICE
            raise RuntimeError("a fault of the host's")

        monkeypatch.setattr(logins, "by_code", fail)
        settings.DEBUG, settings.ADMINS = debug, [("admin", "admin@example.com")]
        id_ = start(client)
        code = right_code(id_)
        client.raise_request_exception = False
        given = {"verification": id_, "code": code}
        if type_ == "multipart":
            answer = client.post(self.url, given)
        else:
            answer = self.post(client, **given)
        assert answer.status_code == 500
        shown = answer.text + "".join(m.body + str(m.alternatives) for m in mailoutbox)
        assert "a fault of the host" in shown
        assert code not in shown
        assert ALICE not in shown

    def test_the_view_is_the_one_that_is_kept_safe(self) -> None:
        view: Any = resolve(self.url).func
        assert view._non_atomic_requests == {"default"}
