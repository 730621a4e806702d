"""For a host's views that a stolen session must not get through."""

from __future__ import annotations

from datetime import timedelta

from django.views.decorators.debug import sensitive_variables
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from sms_verification import sessions, texts

__all__ = ["FreshVerification"]


class FreshVerification(BasePermission):
    """Demands that the signed-in user has lately proved the own number.

    Subclass it with the ``purpose``, one of the host's own::

        class MayWithdraw(FreshVerification):
            purpose = "withdraw"
            within = timedelta(minutes=5)

    The answer without is 403 ``verification_required``. A client then starts a
    verification for the purpose and checks its code, and comes again: in the same
    session, or with the proof in the header ``Verification-Proof``.
    """

    purpose: str
    within = timedelta(minutes=10)

    @sensitive_variables()
    def has_permission(self, request: Request, view: APIView) -> bool:
        if not sessions.is_verified(request, self.purpose, self.within):
            code = "verification_required"
            raise PermissionDenied({"detail": texts.refusal(code), "code": code})
        return True
