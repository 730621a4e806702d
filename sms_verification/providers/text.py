"""The text of an SMS, for providers that take text."""

from __future__ import annotations

from datetime import timedelta

from django.utils import translation
from django.utils.translation import gettext, ngettext

from sms_verification.types import SmsMessage

SLACK = timedelta(seconds=5)


def text(message: SmsMessage) -> str:
    """Return the SMS in its language. The code comes first, where previews show it."""
    # The moment that the way here took makes no minute less.
    minutes = max(1, (message.lifetime + SLACK) // timedelta(minutes=1))
    # Of no language where nobody asked over HTTP: then in the site's.
    with translation.override(message.language or translation.get_language()):
        valid = ngettext(
            "It is valid for %(minutes)d minute.",
            "It is valid for %(minutes)d minutes.",
            minutes,
        ) % {"minutes": minutes}
        return gettext("%(code)s is your verification code. %(valid)s") % {
            "code": message.code,
            "valid": valid,
        }
