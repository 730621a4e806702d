"""What every view of the API does."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import (
    sensitive_post_parameters,
    sensitive_variables,
)
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sms_verification import reports, transactions
from sms_verification.api import errors
from sms_verification.api.parsers import SmallJSONParser
from sms_verification.exceptions import VerificationError

__all__ = ["JSONView"]


# Outside of the request's transaction: the flow refuses to run inside one. Every
# parameter is sensitive, and every variable from here on, DRF's with the body too:
# an error report must show no number and no code.
@method_decorator(transactions.outside, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
@method_decorator(sensitive_variables(), name="dispatch")
@method_decorator(never_cache, name="dispatch")
class JSONView(APIView):
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
