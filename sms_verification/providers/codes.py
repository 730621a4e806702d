"""From a vendor's error codes to our reasons."""

from __future__ import annotations

from collections.abc import Mapping

from sms_verification.exceptions import DeliveryUnknown, MessageRejected
from sms_verification.types import Reason


class Codes:
    """A vendor's codes by reason, and the beginnings of the families of the others.

    Of some families nothing but the beginning is known. The first that fits wins; with
    no reason, its codes stay unknown.
    """

    def __init__(
        self, codes: Mapping[Reason, str], families: Mapping[str, Reason | None]
    ) -> None:
        self._reasons = {
            c: reason for reason, text in codes.items() for c in text.split()
        }
        self._families = families

    def failure(self, code: object) -> MessageRejected | DeliveryUnknown:
        """Return what to raise for a code that means anything but success.

        A code that nobody knows may stand for an SMS that has left.
        """
        text = code if isinstance(code, str) else ""
        reason = self._reasons.get(text) or self._family(text)
        if reason is None:
            return DeliveryUnknown(text or "answer")
        return MessageRejected(reason, text)

    def _family(self, code: str) -> Reason | None:
        fitting = (r for begin, r in self._families.items() if code.startswith(begin))
        return next(fitting, None)
