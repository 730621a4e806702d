"""The secret in the path that a vendor pushes to, where most vendors sign nothing."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from django.views.decorators.debug import sensitive_variables

from sms_verification.conf import settings

__all__ = ["current_secret", "is_secret"]


@sensitive_variables()
def current_secret(alias: str) -> str:
    """Return what to stand behind the alias in the path, 43 characters."""
    return _derive(settings.SECRET_KEYS[0], alias)


@sensitive_variables()
def is_secret(alias: str, given: str) -> bool:
    """Whether it is the alias's, by the current key or by one of its fallbacks.

    It takes the same time for every alias, one that there is not among them.
    """
    expected = [_derive(key, alias) for key in settings.SECRET_KEYS]
    # All of them, or the time would tell which key it fits.
    fits = [secrets.compare_digest(e.encode(), given.encode()) for e in expected]
    return any(fits)


@sensitive_variables()
def _derive(secret: str | bytes, alias: str) -> str:
    secret = secret.encode() if isinstance(secret, str) else secret
    # A key of our own: nothing signed elsewhere with SECRET_KEY fits here.
    key = hmac.digest(secret, b"sms_verification.receipts", hashlib.sha256)
    digest = hmac.digest(key, alias.encode(), hashlib.sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")
