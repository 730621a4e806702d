"""What every provider is. It knows no model, no setting and no other provider."""

from __future__ import annotations

from abc import ABC, abstractmethod

from sms_verification.types import SentMessage, SmsMessage


class Provider(ABC):
    """Hands one SMS to one vendor. ``OPTIONS`` are its constructor's arguments."""

    # Does it show codes to somebody else than the person, or send nothing at all?
    for_development = False

    # How many digits can the vendor's templates carry?
    max_code_length = 10

    @abstractmethod
    def send(self, message: SmsMessage) -> SentMessage:
        """Hand the SMS over, once, and return what the vendor said.

        Raise ``MessageRejected`` if the vendor has definitely not accepted it, and
        ``DeliveryUnknown`` if it may have left. Never retry: no vendor's API is
        idempotent. Let no exception, log line or repr carry the code, the number
        or a key.
        """
