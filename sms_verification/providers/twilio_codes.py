"""Twilio's error codes in our words: https://www.twilio.com/docs/api/errors"""

from __future__ import annotations

from sms_verification.providers.codes import Codes
from sms_verification.types import Reason

CODES = Codes(
    {
        Reason.RATE_LIMITED: "14107",
        Reason.INVALID_NUMBER: "21211 21217 21265 21614",
        Reason.OPTED_OUT: "21610",
        Reason.UNSUPPORTED_DESTINATION: "21408 21612 21215 21608",
        Reason.BALANCE: "20005 30002 63038",
        Reason.CREDENTIALS: "20003 20403 20404 20008 70051",
        Reason.CONTENT: "21617 30007",
        Reason.UNAVAILABLE: "20429 429 21611 30001",
    },
    # What names an input is an error of ours, and not accepted.
    {"21": Reason.CONFIGURATION},
)
