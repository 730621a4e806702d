"""Receipts of Twilio: its status callbacks, one a message, which it signs.

https://www.twilio.com/docs/usage/webhooks/webhooks-security
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
"""

from __future__ import annotations

from importlib import import_module
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from django.views.decorators.debug import sensitive_variables

from sms_verification.exceptions import InvalidPush
from sms_verification.types import Push, Receipt, ReceiptStatus

# A callback has a dozen or two.
_MOST_FIELDS = 100

# Those before it has left (queued, sending, …) are no receipts.
_STATUS = {
    "sent": ReceiptStatus.SENT,
    "delivered": ReceiptStatus.DELIVERED,
    "read": ReceiptStatus.DELIVERED,
    "undelivered": ReceiptStatus.UNDELIVERED,
    "failed": ReceiptStatus.UNDELIVERED,
    "canceled": ReceiptStatus.UNDELIVERED,
}


def callback_url(url: str, delivery_id: str) -> str:
    """Return the address to give as ``StatusCallback``, which carries our id.

    Without it a receipt could not settle an unknown delivery: the answer with Twilio's
    own id is what was lost.
    """
    return f"{url}?{urlencode({'delivery': delivery_id})}"


@sensitive_variables()
def read(push: Push, auth_token: str) -> list[Receipt]:
    """Return the receipt of a callback, if it is one. Raise ``InvalidPush``."""
    fields = _fields(push)
    if not _is_signed(push, fields, auth_token):
        raise InvalidPush
    word = fields.get("MessageStatus", "")
    if word not in _STATUS:
        return []
    return [
        Receipt(
            status=_STATUS[word],
            code=fields.get("ErrorCode") or word,
            delivery_id=_delivery_id(push.url),
            message_id=fields.get("MessageSid", ""),
            phone_number=fields.get("To", ""),
        )
    ]


@sensitive_variables()
def _fields(push: Push) -> dict[str, str]:
    try:
        # A field that came twice would fit no signature.
        pairs = parse_qsl(
            push.body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise InvalidPush from None
    return dict(pairs)


@sensitive_variables()
def _is_signed(push: Push, fields: dict[str, str], auth_token: str) -> bool:
    validator = import_module("twilio.request_validator").RequestValidator(auth_token)
    signature = push.headers.get("x-twilio-signature", "")
    return bool(validator.validate(push.url, fields, signature))


@sensitive_variables()
def _delivery_id(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("delivery", [""])[0]
