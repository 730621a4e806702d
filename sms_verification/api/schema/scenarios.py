"""The documentation of what a proved number is good for."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.utils import (
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework.views import APIView

from sms_verification.api.schema.shapes import (
    FIELD_ERRORS,
    INVALID_CODE,
    INVALID_FIELDS,
    MALFORMED,
    NO_ACCOUNT,
    RETRY_AFTER,
    STEP_UP,
    TAKEN,
    WITH_BODY,
    SmsVerificationChangedSerializer,
    SmsVerificationLoggedInSerializer,
    by_code_or_proof,
    refusal,
    response,
    too_many,
)
from sms_verification.api.serializers import (
    LoginSerializer,
    PasswordResetSerializer,
    PhoneNumberSerializer,
    RegisterSerializer,
)

_BAD = response(
    MALFORMED, FIELD_ERRORS, INVALID_CODE, INVALID_FIELDS, refusal("parse_error")
)
_PROVED = {
    **WITH_BODY,
    400: _BAD,
    403: response(
        _("The CSRF token is missing or wrong, or the account asks for more."),
        refusal(),
        STEP_UP,
    ),
    429: too_many("locked_out"),
}
_NOBODYS = response(
    _("The number is proved and nobody's. The proof is still good."), NO_ACCOUNT
)
_TAKEN = response(
    _("The number is proved and another account's. The proof is still good."), TAKEN
)

LOG_IN = extend_schema(
    summary=_("Log in"),
    description=_(
        "Signs in with a code, or with the proof that a checked code yielded. The"
        " verification is the one that this session began, unless it is named. The"
        " CSRF token is demanded of everybody where the answer is a session."
    ),
    parameters=[RETRY_AFTER],
    request=by_code_or_proof("Login", LoginSerializer),
    responses={**_PROVED, 200: SmsVerificationLoggedInSerializer, 404: _NOBODYS},
)

REGISTER = extend_schema(
    summary=_("Register"),
    description=_(
        "Makes an account for a proved number, and signs in. A name is random unless"
        " given; without a password, codes alone sign in."
    ),
    parameters=[RETRY_AFTER],
    request=by_code_or_proof("Register", RegisterSerializer),
    responses={**_PROVED, 201: SmsVerificationLoggedInSerializer, 409: _TAKEN},
)

RESET_PASSWORD = extend_schema(
    summary=_("Set a new password"),
    description=_(
        "Sets the password of the account whose number is proved. Nobody is signed in by"
        " it, and everybody who was has been signed out."
    ),
    parameters=[RETRY_AFTER],
    request=by_code_or_proof("PasswordReset", PasswordResetSerializer),
    responses={
        **_PROVED,
        204: OpenApiResponse(description=_("The password is set.")),
        404: _NOBODYS,
    },
)

CHANGE_NUMBER = extend_schema(
    summary=_("Change the phone number"),
    description=_(
        "Makes a proved number the signed-in user's. It asks for the password too, or"
        " of who has none for a proof of the present number. All other sessions and"
        " tokens of the user end."
    ),
    parameters=[RETRY_AFTER],
    request=by_code_or_proof("PhoneNumber", PhoneNumberSerializer),
    responses={
        **_PROVED,
        200: SmsVerificationChangedSerializer,
        403: response(
            _("Sign in first, or set a password, or the CSRF token is wrong."),
            refusal(),
        ),
        409: _TAKEN,
    },
)


def _document(view: str, operation: Any) -> None:
    """Document the one method of a view."""

    def view_replacement(self: Any) -> type[APIView]:
        documented = type(self.target.__name__, (self.target,), {})
        return extend_schema_view(post=operation)(documented)

    # Known to drf-spectacular by being a subclass.
    type(
        f"{view}Extension",
        (OpenApiViewExtension,),
        {
            "target_class": f"sms_verification.api.scenarios.{view}",
            "view_replacement": view_replacement,
        },
    )


_document("LoginView", LOG_IN)
_document("RegisterView", REGISTER)
_document("PasswordResetView", RESET_PASSWORD)
_document("PhoneNumberView", CHANGE_NUMBER)
