"""The signed string that a right check yields when the host spends it later."""

from __future__ import annotations

from uuid import UUID

from django.core.signing import BadSignature, Signer

from sms_verification.conf import settings

__all__ = ["read", "write"]


def write(verification_id: UUID, *, goes_on: bool = False) -> str:
    """Return the proof of an approved verification.

    An id alone is known to who only started it, so it is signed. Being spent once
    and in time is the row's business. One that ``goes_on`` is for who proved a number
    to log in and has to register, or the other way round.
    """
    return _signer(goes_on=goes_on).sign(verification_id.hex)


def read(proof: str, *, goes_on: bool = False) -> UUID | None:
    """Return the id that the proof was written for, or ``None`` for a forgery."""
    try:
        return UUID(hex=_signer(goes_on=goes_on).unsign(proof))
    except (BadSignature, ValueError):
        return None


def _signer(*, goes_on: bool) -> Signer:
    key, *fallbacks = settings.SECRET_KEYS
    salt = "sms_verification.proof" + (".goes_on" if goes_on else "")
    return Signer(key=key, fallback_keys=fallbacks, salt=salt)
