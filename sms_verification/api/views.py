"""JSON over HTTP: translates, decides nothing."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings as django_settings
from django.middleware.csrf import get_token
from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from sms_verification import (
    approvals,
    backends,
    clients,
    proofs,
    sessions,
    verifications,
)
from sms_verification.api.base import JSONView
from sms_verification.api.serializers import (
    CheckSerializer,
    StartSerializer,
)
from sms_verification.exceptions import (
    InvalidCode,
    NotFound,
    VerificationError,
)
from sms_verification.models import Verification
from sms_verification.representations import represent


class VerificationViewSet(JSONView, ViewSet):
    """Send a code by SMS, and check it."""

    # Dots too, or an id with one would get the host's page instead of an answer.
    lookup_value_regex = "[^/]+"

    def create(self, request: Request) -> Response:
        serializer = StartSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        purpose = serializer.validated_data["purpose"]
        number = serializer.validated_data.get("phone_number")
        verification, resumed = sessions.start(request, number, purpose)
        if django_settings.CSRF_COOKIE_NAME not in request.COOKIES:
            # A browser needs the token for the request that signs it in.
            get_token(request)
        return _answer(verification, status=200 if resumed else 201)

    def retrieve(self, request: Request, pk: str) -> Response:
        return _answer(verifications.status(_id(pk)))

    @action(methods=["post"], detail=True)
    def resend(self, request: Request, pk: str) -> Response:
        client = clients.from_request(request)
        return _answer(verifications.resend(_id(pk), client))

    @action(methods=["post"], detail=True)
    def check(self, request: Request, pk: str) -> Response:
        serializer = CheckSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        attempt = verifications.attempt(
            _id(pk, InvalidCode()),
            serializer.validated_data["code"],
            clients.from_request(request),
        )
        if attempt.approved is None:
            if attempt.purpose in approvals.GOES_ON:
                backends.tell_failed(request._request, verification_id=_id(pk))  # noqa: SLF001  # what Django's auth takes
            raise InvalidCode(attempt.checks_left)
        proof = proofs.write(attempt.approved.pk)
        if clients.held(request, attempt.approved.purpose) == attempt.approved.pk:
            sessions.keep_proof(request, attempt.approved.purpose, proof)
        return Response(
            {
                "proof": proof,
                "expires_at": attempt.approved.spendable_until,
            }
        )


def _id(text: str, otherwise: VerificationError | None = None) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise otherwise or NotFound("There is no such verification.") from None


def _answer(verification: Verification, status: int = 200) -> Response:
    return Response(represent(verification, timezone.now()), status=status)
