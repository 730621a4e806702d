"""JSON over HTTP: translates, decides nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from django.contrib.auth import authenticate, login
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import (
    sensitive_post_parameters,
    sensitive_variables,
)
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from sms_verification import (
    clients,
    proofs,
    reports,
    sessions,
    transactions,
    verifications,
)
from sms_verification.api import errors
from sms_verification.api.parsers import SmallJSONParser
from sms_verification.api.serializers import (
    CheckSerializer,
    LoginSerializer,
    StartSerializer,
)
from sms_verification.backends import refusal
from sms_verification.exceptions import (
    InvalidCode,
    NotFound,
    VerificationError,
)
from sms_verification.models import Verification
from sms_verification.representations import represent


# Outside of the request's transaction: the flow refuses to run inside one. Every
# parameter is sensitive, and every variable from here on, DRF's with the body too:
# an error report must show no number and no code.
@method_decorator(transactions.outside, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
@method_decorator(sensitive_variables(), name="dispatch")
@method_decorator(never_cache, name="dispatch")
class _JSONView(APIView):
    permission_classes = [AllowAny]
    parser_classes = [SmallJSONParser]
    renderer_classes = [JSONRenderer]

    def initialize_request(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> Request:
        reports.keep_safe(request)
        return super().initialize_request(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, VerificationError):
            return errors.respond(exc)
        response = super().handle_exception(exc)
        errors.add_code(response)
        return response


class VerificationViewSet(_JSONView, ViewSet):
    """Send a code by SMS, and check it."""

    # Dots too, or an id with one would get the host's page instead of an answer.
    lookup_value_regex = "[^/]+"

    def create(self, request: Request) -> Response:
        serializer = StartSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        purpose = serializer.validated_data["purpose"]
        verification, resumed = sessions.start(
            request, serializer.validated_data["phone_number"], purpose
        )
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
            raise InvalidCode(attempt.checks_left)
        return Response(
            {
                "proof": proofs.write(attempt.approved.pk),
                "expires_at": attempt.approved.spendable_until,
            }
        )


class LoginView(_JSONView):
    """Sign in with a code, or with the proof that a checked code yielded."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # DRF asks for it of the signed-in only. Without it here, another site could
        # sign a visitor in as somebody else.
        SessionAuthentication().enforce_csrf(request)

    def post(self, request: Request) -> Response:
        serializer = LoginSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        if "proof" in given:
            credentials = {"secret_proof": given["proof"]}
        else:
            credentials = {
                "verification_id": given.get("verification"),
                "secret_code": given["code"],
            }
        http_request = request._request  # noqa: SLF001  # what Django's auth takes
        user = authenticate(http_request, **credentials)
        if user is None:
            raise refusal(http_request)
        login(http_request, user)
        return Response({"user": {"id": user.pk}})


def _id(text: str, otherwise: VerificationError | None = None) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise otherwise or NotFound("There is no such verification.") from None


def _answer(verification: Verification, status: int = 200) -> Response:
    return Response(represent(verification, timezone.now()), status=status)
