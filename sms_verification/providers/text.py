"""The text of an SMS, for providers that take text.

A host words it anew by translations of its own. One for a purpose of its own, or for
one purpose alone, has the purpose as its context (``msgctxt "vote"``).
"""

from __future__ import annotations

import re

from django.core.exceptions import ImproperlyConfigured
from django.utils import translation
from django.utils.translation import gettext, gettext_noop, ngettext, pgettext
from django.views.decorators.debug import sensitive_variables

from sms_verification.types import SmsMessage

# Whoever is talked into telling a code should read there what it opens.
_SENTENCES = {
    "reset_password": gettext_noop(
        "%(code)s is your code to reset your password. %(valid)s"
    ),
    "change_phone": gettext_noop(
        "%(code)s is your code to change your phone number. %(valid)s"
    ),
}
_NOTICES = {
    "phone_changed": gettext_noop(
        "This is no longer the phone number of your account. If you did not change"
        " it, contact us at once."
    ),
}
_SENTENCE = gettext_noop("%(code)s is your verification code. %(valid)s")

_HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*",
    re.ASCII,
)


@sensitive_variables()
def text(message: SmsMessage, origin: str | None = None) -> str:
    """Return the SMS in its language. The code comes first, where previews show it.

    With an origin, browsers fill the code in on pages of that host alone. The line
    that says so is the last: https://wicg.github.io/sms-one-time-codes/
    """
    # Of no language where nobody asked over HTTP: then in the site's.
    with translation.override(message.language or translation.get_language()):
        if notice := _NOTICES.get(message.purpose):
            return _worded(message.purpose, notice)
        sentence = _SENTENCES.get(message.purpose, _SENTENCE)
        words = _worded(message.purpose, sentence) % {
            "code": message.code,
            "valid": _valid(message.minutes),
        }
    return f"{words}\n@{host(origin)} #{message.code}" if origin else words


def host(origin: object) -> str:
    """Return what a code can be bound to. Raise ``ImproperlyConfigured``."""
    if not isinstance(origin, str) or not _HOST.fullmatch(origin):
        raise ImproperlyConfigured(
            "OPTIONS: origin is a host in lower case, like 'example.com'."
        )
    return origin


def _worded(purpose: str, sentence: str) -> str:
    own = pgettext(purpose, sentence)
    return own if own != sentence else gettext(sentence)


def _valid(minutes: int) -> str:
    return ngettext(
        "It is valid for %(minutes)d minute.",
        "It is valid for %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}
