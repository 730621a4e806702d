"""Staff read what happened, and block or unblock. No code exists to be shown.

Numbers are masked for whoever lacks ``sms_verification.view_full_number``.
"""

from __future__ import annotations

from sms_verification.admin.deliveries import DeliveryAdmin
from sms_verification.admin.numbers import PhoneNumberAdmin
from sms_verification.admin.verifications import VerificationAdmin

__all__ = ["DeliveryAdmin", "PhoneNumberAdmin", "VerificationAdmin"]
