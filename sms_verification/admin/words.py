"""What the flow's words mean to who answers "I did not get the code"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from sms_verification.models import Outcome
from sms_verification.types import Reason

OUTCOMES: Mapping[str, Any] = {
    Outcome.ACCEPTED: _("accepted by the vendor"),
    Outcome.REJECTED: _("rejected by the vendor"),
    Outcome.QUEUED: _("waits in the queue"),
    Outcome.UNKNOWN: _("may have left"),
    Outcome.WITHHELD: _("not sent on purpose"),
}

NOTES: Mapping[str, Any] = {
    Outcome.QUEUED: _(
        "No worker has taken it yet. If that lasts, tell who runs the site."
    ),
    Outcome.UNKNOWN: _(
        "No answer of the vendor's is on record. The SMS may have left, so it is not"
        " sent again by itself."
    ),
    Outcome.WITHHELD: _(
        "Either no account has this number and the purpose needs one, or it is a test"
        " number. The person is not told which."
    ),
}

# By what stands in place of a vendor's code where none was asked.
UNASKED: Mapping[str, Any] = {
    "late": _(
        "When a worker got to it, the attempt was over, another SMS had been asked for"
        " or the number was closed. If that happens often, tell who runs the site: the"
        " workers are too slow."
    ),
    "queue": _(
        "The site's queue did not take it, so no vendor was asked. Tell who runs the"
        " site."
    ),
}

REASONS: Mapping[str, Any] = {
    Reason.INVALID_NUMBER: _(
        "The vendor cannot reach this number. Ask the person to look at it again."
    ),
    Reason.RATE_LIMITED: _(
        "The vendor has sent this number as many SMS as it allows for now. Ask the"
        " person to wait: this ends by itself."
    ),
    Reason.OPTED_OUT: _(
        "The person has asked the vendor for no more SMS. Only they can undo that,"
        " with their operator or the vendor."
    ),
    Reason.UNSUPPORTED_DESTINATION: _(
        "The vendor does not send to this country or network. Tell who runs the site."
    ),
    Reason.CONFIGURATION: _(
        "The site's settings for this vendor are wrong. Tell who runs the site."
    ),
    Reason.CREDENTIALS: _(
        "The vendor does not accept the site's key. Tell who runs the site."
    ),
    Reason.BALANCE: _(
        "The site's account at the vendor has no money left. Tell who runs the site."
    ),
    Reason.CONTENT: _(
        "The vendor did not accept the text of the SMS. Tell who runs the site."
    ),
    Reason.UNAVAILABLE: _(
        "The vendor had a fault or could not be reached. A later try may succeed."
    ),
}

RECEIPTS: Mapping[str, Any] = {
    "sent": _("The SMS has left the vendor"),
    "delivered": _("The SMS has reached the phone"),
    "undelivered": _("The SMS has not reached the phone"),
}

REFUSED: Mapping[str, Any] = {
    "start": _("A code was asked for and refused"),
    "resend": _("Another SMS was asked for and refused"),
    "check": _("A code was typed and not compared"),
}

WHY_REFUSED: Mapping[str, Any] = {
    "send_limited": _(
        "Too soon after the last SMS, or too many for this number or this client, or"
        " the number is blocked."
    ),
    "locked_out": _("Too many wrong codes, or the number is blocked."),
    "not_pending": _("The attempt was over, or too close to its end. A new one helps."),
}
