"""People with a phone in their hand: they read a code, and mistype it."""

from __future__ import annotations

from uuid import UUID

from sms_verification import messages
from sms_verification.models import Verification

ALICE = "+8613800138000"
BOB = "+8613900139000"


def right_code(verification_id: UUID | str) -> str:
    """Return what the SMS says, or would have said."""
    verification = Verification.objects.get(pk=verification_id)
    code = messages.code_of(verification)
    assert code is not None
    return code


def mistyped(code: str) -> str:
    """Return another code of the same length."""
    return str((int(code) + 1) % 10 ** len(code)).zfill(len(code))
