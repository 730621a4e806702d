"""Codes: derived when they are needed, stored nowhere.

A code is an HMAC over what it belongs to, so a reader of the database lacks the
key, a holder of the key lacks the row's salt, and the same code can be sent again.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from uuid import UUID

from django.views.decorators.debug import sensitive_variables

from sms_verification.conf import settings

__all__ = [
    "could_be",
    "current_key_id",
    "derive",
    "matches",
    "new_salt",
    "signing_keys",
]

SALT_BYTES = 16


def new_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


def current_key_id() -> str:
    """Name the key that new codes are derived with."""
    return _key_id(signing_keys()[0])


@sensitive_variables()
def signing_keys() -> list[bytes]:
    """Return our own keys, the current one first, then the fallbacks."""
    return [_derived_key(secret) for secret in settings.SECRET_KEYS]


@sensitive_variables()
def derive(
    *,
    salt: bytes,
    key_id: str,
    verification_id: UUID,
    phone_number: str,
    purpose: str,
    length: int,
) -> str | None:
    """Return the code, or ``None`` when its key has been rotated away."""
    key = next((k for k in signing_keys() if _key_id(k) == key_id), None)
    if key is None:
        return None
    fields = [salt, verification_id.bytes, phone_number.encode(), purpose.encode()]
    # Length-prefixed, or the end of one field could pass for the start of the next.
    text = b"".join(len(field).to_bytes(4) + field for field in fields)
    digest = hmac.digest(key, text, hashlib.sha256)
    # 2**256 is so much larger than 10**length that no code is likelier than another.
    return str(int.from_bytes(digest) % 10**length).zfill(length)


@sensitive_variables()
def could_be(given: object, length: int) -> bool:
    """Whether it has a code's shape: ASCII digits, as many as the row says."""
    # Not isdigit(), which holds for "１２３" and "١٢٣", nor "$", which lets "\n" by.
    return isinstance(given, str) and bool(re.fullmatch(rf"[0-9]{{{length}}}", given))


@sensitive_variables()
def matches(expected: str | None, given: str) -> bool:
    """Compare in constant time. Nothing matches an unknown code."""
    if expected is None:
        return False
    return secrets.compare_digest(expected.encode(), given.encode())


@sensitive_variables()
def _derived_key(secret: str | bytes) -> bytes:
    # A key of our own: nothing signed elsewhere with SECRET_KEY fits here.
    secret = secret.encode() if isinstance(secret, str) else secret
    return hmac.digest(secret, b"sms_verification.codes", hashlib.sha256)


@sensitive_variables()
def _key_id(key: bytes) -> str:
    return hmac.digest(key, b"sms_verification.key_id", hashlib.sha256).hex()[:16]
