"""The text of an SMS, for providers that take text."""

from __future__ import annotations

from datetime import timedelta

from django.utils import translation
from django.utils.translation import gettext, ngettext

from sms_verification.types import SmsMessage


def text(message: SmsMessage) -> str:
    """Return the SMS in its language. The code comes first, where previews show it."""
    minutes = max(1, message.lifetime // timedelta(minutes=1))
    with translation.override(message.language or None):
        valid = ngettext(
            "It is valid for %(minutes)d minute.",
            "It is valid for %(minutes)d minutes.",
            minutes,
        ) % {"minutes": minutes}
        return gettext("%(code)s is your verification code. %(valid)s") % {
            "code": message.code,
            "valid": valid,
        }
