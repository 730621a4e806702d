"""What a proved number is good for: an account, a sign-in, a password, a new number."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import authenticate
from django.contrib.auth.models import AbstractBaseUser
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from sms_verification import (
    clients,
    logins,
    number_changes,
    password_resets,
    registrations,
)
from sms_verification.api import grants
from sms_verification.api.base import JSONView
from sms_verification.api.serializers import (
    LoginSerializer,
    PasswordResetSerializer,
    PhoneNumberSerializer,
    RegisterSerializer,
)
from sms_verification.backends import counted_as_login, refusal
from sms_verification.conf import settings
from sms_verification.types import Evidence


class ScenarioView(JSONView):
    serializer: type[Serializer[Any]]
    purpose: str
    # Does it sign somebody in?
    grants = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        settings.purpose(self.purpose)  # or it is switched off
        # DRF asks for it of the signed-in only. Without it here, another site could
        # sign a visitor in as somebody else.
        if self.grants and grants.demand_csrf():
            SessionAuthentication().enforce_csrf(request)

    def read(self, request: Request) -> dict[str, Any]:
        serializer = self.serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given: dict[str, Any] = serializer.validated_data
        return given

    def evidence(self, request: Request, given: dict[str, Any]) -> Evidence:
        """Return what was shown: of a code it may be the session that knows whose."""
        held = given.get("verification") or clients.held(request, self.purpose)
        code, proof = given.get("code", ""), given.get("proof", "")
        return Evidence(verification_id=held, code=code, proof=proof)


class LoginView(ScenarioView):
    """Sign in with a code, or with the proof that a checked code yielded."""

    serializer = LoginSerializer
    purpose = logins.PURPOSE

    def post(self, request: Request) -> Response:
        given = self.read(request)
        evidence = self.evidence(request, given)
        more = {"secret_password": given["password"]} if "password" in given else {}
        http_request = request._request  # noqa: SLF001  # what Django's auth takes
        user = authenticate(http_request, **evidence.credentials, **more)
        if user is None:
            raise refusal(http_request)
        return Response(grants.grant(http_request, user))


class RegisterView(ScenarioView):
    """Make an account for a proved number, and sign in."""

    serializer = RegisterSerializer
    purpose = registrations.PURPOSE

    def post(self, request: Request) -> Response:
        given = self.read(request)
        evidence = self.evidence(request, given)
        with counted_as_login(request._request, evidence):  # noqa: SLF001  # what Django's auth takes
            user = registrations.register(
                evidence,
                clients.from_request(request),
                username=given.get("username", ""),
                password=given.get("password", ""),
                not_my_account=given.get("not_my_account", False),
            )
        return Response(grants.grant(request._request, user), status=201)  # noqa: SLF001  # what Django's auth takes


class PasswordResetView(ScenarioView):
    """Set a new password for the account of a proved number. Nobody is signed in."""

    serializer = PasswordResetSerializer
    purpose = password_resets.PURPOSE
    grants = False

    def post(self, request: Request) -> Response:
        given = self.read(request)
        password_resets.reset(
            self.evidence(request, given),
            given["password"],
            clients.from_request(request),
        )
        return Response(status=204)


class PhoneNumberView(ScenarioView):
    """Make a proved number the signed-in user's."""

    serializer = PhoneNumberSerializer
    purpose = number_changes.PURPOSE
    permission_classes = [IsAuthenticated]
    # Who is signed in stays so: DRF asks a session for the token, and nobody else.
    grants = False

    def post(self, request: Request) -> Response:
        given, user = self.read(request), cast("AbstractBaseUser", request.user)
        number = number_changes.change(
            self.evidence(request, given),
            user,
            clients.from_request(request),
            not_my_account=given.get("not_my_account", False),
            password=given.get("password", ""),
            old_proof=given.get("old_proof", ""),
        )
        granted = grants.renew(request._request, user)  # noqa: SLF001  # what Django's auth takes
        return Response({"phone_number": number.masked, **granted})
