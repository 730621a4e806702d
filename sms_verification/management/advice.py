"""What a host can do about a vendor's refusal."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sms_verification.types import Reason

ADVICE = {
    Reason.INVALID_NUMBER: _(
        "The vendor knows no such number. Try a phone that you have at hand."
    ),
    Reason.RATE_LIMITED: _(
        "The number has got too many SMS of late, by the vendor's own count. Wait, or"
        " raise the limits in the vendor's console: some allow two a day."
    ),
    Reason.OPTED_OUT: _(
        "The number is on a blocklist of the vendor or its carrier. Its owner can have"
        " it taken off."
    ),
    Reason.UNSUPPORTED_DESTINATION: _(
        "The vendor does not send to this country for you. Enable it in the vendor's"
        " console, or route its prefix to another provider by SMS_VERIFICATION_ROUTES."
    ),
    Reason.CONFIGURATION: _(
        "Something in OPTIONS or in the vendor's console does not fit: look up the"
        " vendor's code. Often a template or signature is not approved, or its"
        " variables are others. sms_doctor checks what can be checked from here."
    ),
    Reason.CREDENTIALS: _(
        "The vendor does not take the key. Look for a typo, for a right to send SMS"
        " that the key lacks, for an address that is not allowed, and at the clock of"
        " this machine."
    ),
    Reason.BALANCE: _("The account is out of money or suspended. Top it up."),
    Reason.CONTENT: _(
        "The text was taken for something forbidden. Look at the template, at the"
        " signature and at your site's name in it."
    ),
    Reason.UNAVAILABLE: _(
        "The vendor is down, refused for now, or cannot be reached from here. Look at"
        " its status page, at your firewall and at your proxy, and try again."
    ),
}

UNKNOWN = _(
    "There was no answer in time, or none that could be read, so the SMS may have"
    " left. Look at the phone and into the vendor's console before you try again."
)
