"""What drf-spectacular documents, for hosts that install it.

``apps`` imports this module then, and nothing else does. Names of components begin
with ``SmsVerification``, so that they never meet a host's own.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from sms_verification.api.serializers import (
    CheckSerializer,
    CodeField,
    LoginSerializer,
    StartSerializer,
    StrictCharField,
)


# Inside of allOf, and not a choice field: a component that has an enum at its top
# would rename the enums of the host's that are called the same.
@extend_schema_field(
    {"allOf": [{"type": "string", "enum": ["pending", "accepted", "failed"]}]}
)
class DeliveryField(serializers.CharField):
    pass


class SmsVerificationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    purpose = serializers.CharField()
    phone_number = serializers.CharField(help_text=_("Masked: +86138****8000."))
    code_length = serializers.IntegerField()
    expires_at = serializers.DateTimeField()
    expires_in = serializers.IntegerField(help_text=_("Seconds from now."))
    resend_at = serializers.DateTimeField(
        allow_null=True, help_text=_("Null when the code cannot be sent again.")
    )
    resend_in = serializers.IntegerField(
        allow_null=True, help_text=_("Seconds from now.")
    )
    checks_left = serializers.IntegerField(
        help_text=_("0 when no further check can succeed.")
    )
    delivery = DeliveryField(help_text=_("Pending until a provider has answered."))


class SmsVerificationStartSerializer(StartSerializer):
    pass


class SmsVerificationCheckSerializer(CheckSerializer):
    pass


class SmsVerificationProofSerializer(serializers.Serializer[Any]):
    proof = serializers.CharField(help_text=_("Signed, and good for one use."))
    expires_at = serializers.DateTimeField()


class SmsVerificationLoginByCodeSerializer(LoginSerializer):
    code = CodeField()
    proof = None  # type: ignore[assignment]  # so DRF drops a field


class SmsVerificationLoginByProofSerializer(serializers.Serializer[Any]):
    proof = StrictCharField(max_length=200)


class SmsVerificationUserSerializer(serializers.Serializer[Any]):
    # Of the type that the host's user model gives its primary key.
    id = serializers.PrimaryKeyRelatedField(
        queryset=get_user_model()._default_manager.all()  # noqa: SLF001  # its public name
    )


class SmsVerificationLoggedInSerializer(serializers.Serializer[Any]):
    user = SmsVerificationUserSerializer()


LOGIN = PolymorphicProxySerializer(
    component_name="SmsVerificationLogin",
    serializers=[
        SmsVerificationLoginByCodeSerializer,
        SmsVerificationLoginByProofSerializer,
    ],
    resource_type_field_name=None,
)


def _refusal(*codes: str, **more: Any) -> dict[str, Any]:
    """Return the schema of ``{"detail", "code", …}``."""
    code: dict[str, Any] = {"type": "string"}
    if codes:
        code["enum"] = list(codes)
    properties = {"detail": {"type": "string"}, "code": code, **more}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


def _response(description: Promise | str, *schemas: dict[str, Any]) -> OpenApiResponse:
    schema = schemas[0] if len(schemas) == 1 else {"oneOf": list(schemas)}
    return OpenApiResponse(schema, description=description)


FIELD_ERRORS = {
    "type": "object",
    "additionalProperties": {
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
    },
    "minProperties": 1,
}
SECONDS = {"type": "integer", "minimum": 1}
CHECKS_LEFT = {"type": "integer", "minimum": 0}
INVALID_CODE = _refusal("invalid_code", checks_left=CHECKS_LEFT)

MALFORMED = _("The body is malformed: a list of texts for each field that is wrong.")
TOO_MANY = _("Too often. Come again when the seconds are over.")
NO_SUCH = _("There is no such verification.")

# The codes of 401 and 403 are not listed, since the host's authentication classes
# have codes of their own.
EVERYWHERE = {
    401: _response(_("The credentials that came along are not accepted."), _refusal()),
    403: _response(
        _("Sign in first, or the CSRF token is missing or wrong."), _refusal()
    ),
    406: _response(_("The answer is JSON only."), _refusal("not_acceptable")),
}
WITH_BODY = {
    **EVERYWHERE,
    415: _response(_("The body must be JSON."), _refusal("unsupported_media_type")),
}
VERIFICATION_ID = OpenApiParameter(
    "id" if api_settings.SCHEMA_COERCE_PATH_PK else "pk",
    OpenApiTypes.UUID,
    OpenApiParameter.PATH,
)
RETRY_AFTER = OpenApiParameter(
    "Retry-After", OpenApiTypes.INT, OpenApiParameter.HEADER, response=[429]
)


def _too_many(*codes: str) -> OpenApiResponse:
    # A throttle of the host's tells its seconds in the header alone.
    return _response(
        TOO_MANY, _refusal(*codes, retry_after=SECONDS), _refusal("throttled")
    )


START = extend_schema(
    summary=_("Send a code"),
    description=_(
        "Sends a code by SMS. A client that holds a pending verification of the same"
        " number and purpose gets that one back with 200, and no SMS is sent."
    ),
    parameters=[RETRY_AFTER],
    request=SmsVerificationStartSerializer,
    responses={
        **WITH_BODY,
        200: OpenApiResponse(
            SmsVerificationSerializer, _("The client's own that is pending.")
        ),
        201: OpenApiResponse(SmsVerificationSerializer, _("The code is on its way.")),
        400: _response(
            MALFORMED, FIELD_ERRORS, _refusal("parse_error", "unsupported_phone_number")
        ),
        429: _too_many("send_limited", "locked_out"),
        503: _response(_("No provider took the SMS."), _refusal("delivery_failed")),
    },
)

RETRIEVE = extend_schema(
    summary=_("Look at a verification"),
    description=_("Tells how a verification stands."),
    parameters=[VERIFICATION_ID, RETRY_AFTER],
    responses={
        **EVERYWHERE,
        200: SmsVerificationSerializer,
        404: _response(NO_SUCH, _refusal("not_found")),
        429: _response(TOO_MANY, _refusal("throttled")),
    },
)

RESEND = extend_schema(
    summary=_("Send the same code again"),
    description=_("Sends the same code again, by the next provider if there is one."),
    parameters=[VERIFICATION_ID, RETRY_AFTER],
    request=None,
    responses={
        **EVERYWHERE,
        200: SmsVerificationSerializer,
        404: _response(NO_SUCH, _refusal("not_found")),
        409: _response(
            _("It is over, or too close to its end."), _refusal("not_pending")
        ),
        429: _too_many("send_limited", "locked_out"),
        503: _response(_("No provider took the SMS."), _refusal("delivery_failed")),
    },
)

CHECK = extend_schema(
    summary=_("Check a code"),
    description=_(
        "A right code yields a proof, which can be spent once within ten minutes."
        " Wrong, expired, used up and unknown have one answer."
    ),
    parameters=[VERIFICATION_ID, RETRY_AFTER],
    request=SmsVerificationCheckSerializer,
    responses={
        **WITH_BODY,
        200: SmsVerificationProofSerializer,
        400: _response(MALFORMED, FIELD_ERRORS, INVALID_CODE, _refusal("parse_error")),
        429: _too_many("locked_out"),
    },
)

LOG_IN = extend_schema(
    summary=_("Log in"),
    description=_(
        "Signs in with a code, or with the proof that a checked code yielded. The"
        " verification is the one that this session began, unless it is named. The"
        " CSRF token is demanded of everybody."
    ),
    parameters=[RETRY_AFTER],
    request=LOGIN,
    responses={
        **WITH_BODY,
        200: SmsVerificationLoggedInSerializer,
        400: _response(MALFORMED, FIELD_ERRORS, INVALID_CODE, _refusal("parse_error")),
        404: _response(
            _("The number is proved and nobody's. The proof is still good."),
            _refusal("no_account", proof={"type": "string"}),
        ),
        429: _too_many("locked_out"),
    },
)


class VerificationViewSetExtension(OpenApiViewExtension):  # type: ignore[no-untyped-call]  # its own
    target_class = "sms_verification.api.views.VerificationViewSet"

    def view_replacement(self) -> type[APIView]:
        documented = type(self.target.__name__, (self.target,), {})
        return extend_schema_view(
            create=START, retrieve=RETRIEVE, resend=RESEND, check=CHECK
        )(documented)


class LoginViewExtension(OpenApiViewExtension):  # type: ignore[no-untyped-call]  # its own
    target_class = "sms_verification.api.views.LoginView"

    def view_replacement(self) -> type[APIView]:
        documented = type(self.target.__name__, (self.target,), {})
        return extend_schema_view(post=LOG_IN)(documented)
