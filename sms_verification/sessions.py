"""A verification that a browser's session begins, and finds again."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from sms_verification import clients, verifications
from sms_verification.models import Verification

__all__ = ["start"]


@sensitive_variables()
def start(
    request: HttpRequest, phone_number: str, purpose: str, *, anew: bool = False
) -> tuple[Verification, bool]:
    """Do what ``verifications.start`` does, and let the session hold what is begun.

    Return it with whether it is one that the session held already. ``anew`` asks for
    an SMS in any case. Raise what ``verifications.start`` raises.
    """
    client = clients.from_request(request, purpose)
    if anew:
        client = replace(client, verification_id=None)
    verification = verifications.start(phone_number, purpose, client)
    resumed = verification.pk == client.verification_id
    if not resumed:  # or each reload would save the session
        clients.hold(request, purpose, verification.pk)
    return verification, resumed
