"""What an SMS says: the code of a verification, and the message that carries it."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from sms_verification import codes
from sms_verification.conf import NOTICES, settings
from sms_verification.models import Delivery, Verification
from sms_verification.types import SmsMessage, TestNumber


@sensitive_variables()
def code_of(verification: Verification) -> str | None:
    """Return the one right code, or ``None`` when its key is gone.

    A notice carries none.
    """
    # By its name: a wrong code counts also for a purpose that the host has no longer.
    if verification.purpose in NOTICES:
        return ""
    if test_number := test_number_of(
        verification.phone_number.number, verification.purpose
    ):
        return test_number.code
    return codes.derive(
        salt=bytes(verification.salt),
        key_id=verification.key_id,
        verification_id=verification.pk,
        phone_number=verification.phone_number.number,
        purpose=verification.purpose,
        length=verification.code_length,
    )


def test_number_of(phone_number: str, purpose: str) -> TestNumber | None:
    """Return the test number that this is for the purpose, while its time runs."""
    test_number = settings.TEST_NUMBERS.get(phone_number)
    if test_number is None or not settings.purpose(purpose).test_numbers:
        return None
    return test_number if test_number.until >= timezone.now().date() else None


@sensitive_variables()
def compose(
    verification: Verification, delivery: Delivery, now: datetime
) -> SmsMessage | None:
    """Return what a provider gets, or ``None`` when there is no code to tell."""
    code = code_of(verification)
    if code is None:
        return None
    return SmsMessage(
        phone_number=verification.phone_number.number,
        code=code,
        purpose=verification.purpose,
        lifetime=verification.expires_at - now,
        language=verification.language,
        delivery_id=delivery.pk.hex,
    )
