"""The parts that the documentation of the routes is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.settings import api_settings

from sms_verification.api.serializers import (
    CheckSerializer,
    CodeField,
    EvidenceSerializer,
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


class SmsVerificationUserSerializer(serializers.Serializer[Any]):
    # Of the type that the host's user model gives its primary key.
    id = serializers.PrimaryKeyRelatedField(
        queryset=get_user_model()._default_manager.all()  # noqa: SLF001  # its public name
    )


class SmsVerificationLoggedInSerializer(serializers.Serializer[Any]):
    user = SmsVerificationUserSerializer()
    # Of these what the host's SMS_VERIFICATION_LOGIN_WITH says, or a session.
    token = serializers.CharField(required=False)
    access = serializers.CharField(required=False)
    refresh = serializers.CharField(required=False)


class SmsVerificationChangedSerializer(serializers.Serializer[Any]):
    phone_number = serializers.CharField(help_text=_("Masked: +86138****8000."))
    token = serializers.CharField(required=False)
    access = serializers.CharField(required=False)
    refresh = serializers.CharField(required=False)


def by_code_or_proof(
    name: str, kind: type[EvidenceSerializer]
) -> PolymorphicProxySerializer:
    """Return what a client sends: either of the two, with what goes beside both."""
    prefix = f"SmsVerification{name}By"
    by_code: Any = {"code": CodeField(), "proof": None}
    by_proof: Any = {
        "proof": StrictCharField(max_length=200),
        "verification": None,
        "code": None,
    }
    return PolymorphicProxySerializer(
        component_name=f"SmsVerification{name}",
        serializers=[
            type(f"{prefix}CodeSerializer", (kind,), by_code),
            type(f"{prefix}ProofSerializer", (kind,), by_proof),
        ],
        resource_type_field_name=None,
    )


def refusal(
    *codes: str, optional: Mapping[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """Return the schema of ``{"detail", "code", …}``."""
    code: dict[str, Any] = {"type": "string"}
    if codes:
        code["enum"] = list(codes)
    properties = {"detail": {"type": "string"}, "code": code, **more}
    return {
        "type": "object",
        "properties": {**properties, **(optional or {})},
        "required": list(properties),
    }


def response(description: Promise | str, *schemas: dict[str, Any]) -> OpenApiResponse:
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
INVALID_CODE = refusal("invalid_code", checks_left=CHECKS_LEFT)

PROOF = {"type": "string"}
FIELDS = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
}
# What is found before the code is spent comes without a proof.
INVALID_FIELDS = refusal("invalid_fields", fields=FIELDS, optional={"proof": PROOF})
NO_ACCOUNT = refusal("no_account", proof=PROOF)
STEP_UP = refusal("step_up_required", proof=PROOF)
TAKEN = refusal("phone_number_taken", proof=PROOF)

MALFORMED = _("The body is malformed: a list of texts for each field that is wrong.")
TOO_MANY = _("Too often. Come again when the seconds are over.")
NO_SUCH = _("There is no such verification.")

# The codes of 401 and 403 are not listed, since the host's authentication classes
# have codes of their own.
EVERYWHERE = {
    401: response(_("The credentials that came along are not accepted."), refusal()),
    403: response(
        _("Sign in first, or the CSRF token is missing or wrong."), refusal()
    ),
    406: response(_("The answer is JSON only."), refusal("not_acceptable")),
}
WITH_BODY = {
    **EVERYWHERE,
    415: response(_("The body must be JSON."), refusal("unsupported_media_type")),
}
VERIFICATION_ID = OpenApiParameter(
    "id" if api_settings.SCHEMA_COERCE_PATH_PK else "pk",
    OpenApiTypes.UUID,
    OpenApiParameter.PATH,
)
RETRY_AFTER = OpenApiParameter(
    "Retry-After", OpenApiTypes.INT, OpenApiParameter.HEADER, response=[429]
)


def too_many(*codes: str) -> OpenApiResponse:
    # A throttle of the host's tells its seconds in the header alone.
    return response(
        TOO_MANY, refusal(*codes, retry_after=SECONDS), refusal("throttled")
    )
