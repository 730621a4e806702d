"""The signed string that a right check yields when the host spends it later."""

from __future__ import annotations

from uuid import UUID

from django.core.signing import BadSignature, Signer

from sms_verification.conf import settings

__all__ = ["read", "write"]


def write(verification_id: UUID) -> str:
    """Return the proof of an approved verification.

    An id alone is known to who only started it, so it is signed. Being spent once
    and in time is the row's business.
    """
    return _signer().sign(verification_id.hex)


def read(proof: str) -> UUID | None:
    """Return the id that the proof was written for, or ``None`` for a forgery."""
    try:
        return UUID(hex=_signer().unsign(proof))
    except (BadSignature, ValueError):
        return None


def _signer() -> Signer:
    key, *fallbacks = settings.SECRET_KEYS
    return Signer(key=key, fallback_keys=fallbacks, salt="sms_verification.proof")
