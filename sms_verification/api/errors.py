"""How the flow's refusals look over HTTP: ``{"detail", "code"}`` and a status."""

from __future__ import annotations

from typing import Any

from rest_framework import status
from rest_framework.exceptions import ErrorDetail
from rest_framework.response import Response

from sms_verification import exceptions, texts
from sms_verification.representations import whole_seconds

_STATUSES = {
    "sign_in_required": status.HTTP_403_FORBIDDEN,
    "step_up_required": status.HTTP_403_FORBIDDEN,
    "password_required": status.HTTP_403_FORBIDDEN,
    "not_found": status.HTTP_404_NOT_FOUND,
    "no_account": status.HTTP_404_NOT_FOUND,
    "no_phone_number": status.HTTP_409_CONFLICT,
    "not_pending": status.HTTP_409_CONFLICT,
    "phone_number_taken": status.HTTP_409_CONFLICT,
    "send_limited": status.HTTP_429_TOO_MANY_REQUESTS,
    "locked_out": status.HTTP_429_TOO_MANY_REQUESTS,
    "delivery_failed": status.HTTP_503_SERVICE_UNAVAILABLE,
}


def respond(error: exceptions.VerificationError) -> Response:
    """Return the answer of a refusal."""
    more: dict[str, Any] = {}
    if isinstance(error, exceptions.InvalidCode):
        more["checks_left"] = error.checks_left
    if isinstance(error, exceptions.InvalidFields):
        more["fields"] = error.fields
    if isinstance(error, exceptions.Unspent) and error.proof:
        more["proof"] = error.proof
    if isinstance(error, exceptions.TryLater):
        more["retry_after"] = whole_seconds(error.retry_after)
    response = Response(
        {"detail": texts.refusal(error.code), "code": error.code, **more},
        status=_STATUSES.get(error.code, status.HTTP_400_BAD_REQUEST),
    )
    if isinstance(error, exceptions.TryLater):
        response["Retry-After"] = str(more["retry_after"])
    return response


def add_code(response: Response) -> None:
    """Give DRF's own refusals a code beside their text. Field errors have none."""
    detail = response.data.get("detail") if isinstance(response.data, dict) else None
    if isinstance(detail, ErrorDetail):
        response.data["code"] = detail.code
