"""What a person is told, whichever way the person came."""

from __future__ import annotations

import math
from datetime import timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

__all__ = ["duration", "refusal"]

# By the code of the error.
_REFUSALS = {
    "unsupported_phone_number": _("No code can be sent to this number."),
    "invalid_phone_number": _("Enter a valid phone number."),
    "unknown_purpose": _("This is no purpose of this site."),
    "sign_in_required": _("Sign in first."),
    "not_found": _("There is no such verification."),
    "not_pending": _("This code cannot be sent again. Start anew."),
    "no_account": _("This number has no account."),
    "phone_number_taken": _("This number belongs to another account."),
    "step_up_required": _("This account asks for more than a code."),
    "verification_required": _("Prove your phone number first."),
    "invalid_fields": _("Something that was given cannot be taken."),
    "password_required": _("Set a password for your account first."),
    "no_phone_number": _("Your account has no phone number."),
    "delivery_failed": _("The SMS could not be sent. Try again."),
    "send_limited": _("Too many messages. Try again later."),
    "locked_out": _("Too many attempts. Try again later."),
    "invalid_code": _("The code is wrong or no longer valid."),
}

# Of a host's own guard, whose code is the host's.
_OTHER_REFUSAL = _("This is not possible now.")

_HOURS = 2 * 60 * 60
_DAYS = 2 * 24 * 60 * 60


def refusal(code: str) -> str:
    """Return the text of an error's code."""
    return str(_REFUSALS.get(code, _OTHER_REFUSAL))


def duration(wait: timedelta) -> str:
    """Return the time to wait in one unit, rounded up: ``45 seconds``, ``2 hours``."""
    seconds = max(1, math.ceil(wait.total_seconds()))
    if seconds < 120:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    if seconds < _HOURS:
        minutes = math.ceil(seconds / 60)
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    if seconds < _DAYS:
        hours = math.ceil(seconds / 3600)
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    days = math.ceil(seconds / 86400)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
