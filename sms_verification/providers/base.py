"""What every provider is. It knows no model, no setting and no other provider."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import date

from sms_verification.exceptions import InvalidPush
from sms_verification.types import Purpose, Push, Receipt, SentMessage, SmsMessage


class Provider(ABC):
    """Hands one SMS to one vendor. ``OPTIONS`` are its constructor's arguments."""

    # Does it show codes to somebody else than the person, or send nothing at all?
    for_development = False

    # The vendor's SDK on PyPI, and our extra that installs it.
    distribution = ""
    extra = ""

    # The address that it sends to, where that is not the vendor's SDK's choice.
    url = ""

    # How many digits can the vendor's templates carry?
    max_code_length = 10

    # Does it send a text that the app words, and not a template of the vendor's?
    takes_text = False
    # The host that browsers fill its codes in for, if it says so in its texts.
    origin: str | None = None

    @abstractmethod
    def send(self, message: SmsMessage) -> SentMessage:
        """Hand the SMS over, once, and return what the vendor said.

        Raise ``MessageRejected`` if the vendor has definitely not accepted it, and
        ``DeliveryUnknown`` if it may have left; ``ImproperlyConfigured`` if it can
        send nothing at all, for want of an SDK. Never retry: no vendor's API is
        idempotent. Let no exception, log line or repr carry the code, the number
        or a key.
        """

    def how_to_install(self) -> str:
        """Return the command that installs its SDK."""
        ours = f"django-sms-verification[{self.extra}]"
        return f"pip install '{ours if self.extra else self.distribution}'"

    def prepare(self) -> None:  # noqa: B027  # most have nothing to prepare
        """Do what the first send would wait for, such as imports. Send nothing.

        Called when a process begins to serve. Must be harmless twice.
        """

    def has_template(self, purpose: str, *, mainland: bool) -> bool:
        """Whether it can word a code for the purpose, to China's mainland or elsewhere."""
        return True

    def has_notice(self, notice: str, *, mainland: bool) -> bool:
        """Whether it can word an SMS that carries no code, such as ``phone_changed``.

        One that cannot is asked to send none.
        """
        return self.takes_text

    def findings(self, purposes: Sequence[Purpose]) -> Iterator[str]:
        """Tell what a host should know before it goes live, a sentence each.

        ``sms_doctor`` prints it: a limit to raise in the vendor's console, a
        signature to file. No network.
        """
        yield from ()

    # Where the vendor pushes receipts: what it expects to be answered.
    push_answer = ""
    push_answer_type = "application/json"

    def read_push(self, push: Push) -> Sequence[Receipt]:
        """Return the receipts that the vendor pushed. Raise ``InvalidPush``.

        Where the vendor signs, check the signature here.
        """
        raise InvalidPush

    def ask_receipts(
        self, phone_number: str, message_id: str, day: date
    ) -> Sequence[Receipt]:
        """Ask the vendor what became of an SMS of that day, in the vendor's zone.

        Raise ``NotImplementedError`` where there is nobody to ask, and
        ``DeliveryUnknown`` when there is no answer. Keep nothing of the text: it
        holds the code.
        """
        raise NotImplementedError
