"""The name by which django-axes counts failed logins with a code.

``AXES_USERNAME_CALLABLE = "sms_verification.axes.username"``. Nothing of axes is
imported here: it need not be installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from sms_verification import clients, logins, proofs, storage

__all__ = ["CALLABLE", "SENSITIVE", "username"]

CALLABLE = "sms_verification.axes.username"

# What the pages and the API are posted. Axes stores it, unless it is told not to.
SENSITIVE = {"code", "old_proof", "phone_number", "proof", "verification"}

# The attribute of a request that holds the verification last meant, and its name.
MEANT = "sms_verification_axes"

Credentials = Mapping[str, Any]


@sensitive_variables()
def username(
    request: HttpRequest, credentials: Credentials | None = None
) -> str | None:
    """Return ``sms:`` and the key of the number's row, or what axes itself would.

    A key says nothing to who reads axes' tables and logs, and stays the same from
    one verification to the next.
    """
    given = credentials or {}
    if given.get("secret_proof") is not None:
        return _by_proof(request, given["secret_proof"])
    if given.get("secret_code") is not None:
        return _by_code(request, given)
    return _usual(request, given)


@sensitive_variables()
def _by_proof(request: HttpRequest, proof: object) -> str | None:
    text = proof if isinstance(proof, str) else ""
    meant = proofs.read(text) or proofs.read(text, goes_on=True)
    if meant is None:
        # Django has masked it for who hears of a failed login.
        return _remembered(request)
    return _of_verification(request, meant)


def _by_code(request: HttpRequest, given: Credentials) -> str | None:
    # Never by a number that is given beside the code: anybody could fail in its name,
    # and no code is checked by it where there is a request.
    meant = given.get("verification_id") or clients.held(request, logins.PURPOSE)
    try:
        return _of_verification(request, UUID(str(meant)))
    except ValueError:
        return None


def _of_verification(request: HttpRequest, meant: UUID) -> str | None:
    # Axes asks five times and more for one login.
    known = getattr(request, MEANT, None)
    if known is None or known[0] != meant:
        found = storage.find(meant)
        known = (meant, f"sms:{found.phone_number.pk}" if found else None)
        setattr(request, MEANT, known)
    return known[1]


def _usual(request: HttpRequest, given: Credentials) -> str | None:
    """Do what axes does. After a login it knows the user's name alone."""
    default = get_user_model().USERNAME_FIELD
    field = str(getattr(django_settings, "AXES_USERNAME_FORM_FIELD", default))
    if given.keys() == {field} and (name := _remembered(request)):
        return name
    # A password is tried: what follows in this request is no longer the code's.
    setattr(request, MEANT, None)
    source = given or getattr(request, "data", request.POST)
    return source.get(field)


def _remembered(request: HttpRequest) -> str | None:
    known = getattr(request, MEANT, None)
    return known[1] if known else None
