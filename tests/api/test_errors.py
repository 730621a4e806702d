from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.exceptions import ErrorDetail
from rest_framework.response import Response

from sms_verification import exceptions
from sms_verification.api.errors import add_code, respond

LATER = timedelta(seconds=1.2)

STATUSES = {
    exceptions.InvalidPhoneNumber(): 400,
    exceptions.UnsupportedPhoneNumber(): 400,
    exceptions.UnknownPurpose(): 400,
    exceptions.SignInRequired(): 403,
    exceptions.InvalidCode(): 400,
    exceptions.NotFound(): 404,
    exceptions.NotPending(): 409,
    exceptions.NoAccount("x"): 404,
    exceptions.PhoneNumberTaken(): 409,
    exceptions.StepUpRequired("x"): 403,
    exceptions.InvalidFields({"password": ["Too short."]}, "x"): 400,
    exceptions.NoPhoneNumber(): 409,
    exceptions.PasswordRequired(): 403,
    exceptions.DeliveryFailed(): 503,
    exceptions.SendLimited(LATER): 429,
    exceptions.LockedOut(LATER): 429,
}


class TestRespond:
    @pytest.mark.parametrize(
        ("error", "status"), STATUSES.items(), ids=lambda v: getattr(v, "code", v)
    )
    def test_has_a_status_a_text_and_a_code(
        self, error: exceptions.VerificationError, status: int
    ) -> None:
        response = respond(error)
        assert response.status_code == status
        assert response.data["code"] == error.code
        assert str(response.data["detail"]).endswith(".")

    def test_knows_every_refusal_there_is(self) -> None:
        kinds = {type(error) for error in STATUSES}
        bases = {exceptions.TryLater, exceptions.Unspent}
        assert bases | kinds == _below(exceptions.VerificationError)

    def test_has_a_text_for_those_of_the_host_s_own(self) -> None:
        class Refusal(exceptions.VerificationError):
            code = "too_late_in_the_evening"

        response = respond(Refusal())
        assert response.status_code == 400
        assert response.data == {
            "detail": "This is not possible now.",
            "code": "too_late_in_the_evening",
        }

    def test_tells_how_many_checks_are_left(self) -> None:
        assert respond(exceptions.InvalidCode(3)).data["checks_left"] == 3
        assert "checks_left" not in respond(exceptions.NotFound()).data

    @pytest.mark.parametrize("kind", [exceptions.SendLimited, exceptions.LockedOut])
    def test_tells_twice_when_to_come_again(self, kind: Any) -> None:
        response = respond(kind(LATER))
        assert response.data["retry_after"] == 2
        assert response["Retry-After"] == "2"
        assert "Retry-After" not in respond(exceptions.NotFound())

    def test_hands_the_proof_back_that_is_still_good(self) -> None:
        assert respond(exceptions.NoAccount("x")).data["proof"] == "x"
        assert "proof" not in respond(exceptions.NotFound()).data


def _below(kind: type) -> set[type]:
    # Without those that other tests make.
    kinds = {k for k in kind.__subclasses__() if k.__module__ == exceptions.__name__}
    return kinds.union(*(_below(k) for k in kinds))


class TestAddCode:
    def test_takes_drf_s_own(self) -> None:
        response = Response({"detail": ErrorDetail("No.", code="throttled")})
        add_code(response)
        assert response.data == {"detail": "No.", "code": "throttled"}

    @pytest.mark.parametrize(
        "data",
        [
            None,
            ["Invalid."],
            {"code": ["Required."]},
            {"detail": "A text of the host's handler."},
        ],
    )
    def test_leaves_everything_else_alone(self, data: Any) -> None:
        response = Response(data)
        add_code(response)
        assert response.data == data
