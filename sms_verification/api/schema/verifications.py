"""The documentation of starting, sending again and checking."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.utils import (
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework.views import APIView

from sms_verification.api.schema.shapes import (
    EVERYWHERE,
    FIELD_ERRORS,
    INVALID_CODE,
    MALFORMED,
    NO_SUCH,
    RETRY_AFTER,
    TOO_MANY,
    VERIFICATION_ID,
    WITH_BODY,
    SmsVerificationCheckSerializer,
    SmsVerificationProofSerializer,
    SmsVerificationSerializer,
    SmsVerificationStartSerializer,
    refusal,
    response,
    too_many,
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
        400: response(
            MALFORMED, FIELD_ERRORS, refusal("parse_error", "unsupported_phone_number")
        ),
        409: response(
            _("The signed-in user has no number of their own."),
            refusal("no_phone_number"),
        ),
        429: too_many("send_limited", "locked_out"),
        503: response(_("No provider took the SMS."), refusal("delivery_failed")),
    },
)

RETRIEVE = extend_schema(
    summary=_("Look at a verification"),
    description=_("Tells how a verification stands."),
    parameters=[VERIFICATION_ID, RETRY_AFTER],
    responses={
        **EVERYWHERE,
        200: SmsVerificationSerializer,
        404: response(NO_SUCH, refusal("not_found")),
        429: response(TOO_MANY, refusal("throttled")),
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
        404: response(NO_SUCH, refusal("not_found")),
        409: response(
            _("It is over, or too close to its end."), refusal("not_pending")
        ),
        429: too_many("send_limited", "locked_out"),
        503: response(_("No provider took the SMS."), refusal("delivery_failed")),
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
        400: response(MALFORMED, FIELD_ERRORS, INVALID_CODE, refusal("parse_error")),
        429: too_many("locked_out"),
    },
)


class VerificationViewSetExtension(OpenApiViewExtension):  # type: ignore[no-untyped-call]  # its own
    target_class = "sms_verification.api.views.VerificationViewSet"

    def view_replacement(self) -> type[APIView]:
        documented = type(self.target.__name__, (self.target,), {})
        return extend_schema_view(
            create=START, retrieve=RETRIEVE, resend=RESEND, check=CHECK
        )(documented)
