from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from sms_verification.types import Reason


def _read(kind: type[Exception], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error = kind.__new__(kind, *args)
    vars(error).update(state)
    return error


class _Picklable(Exception):
    """Can be read again by a task queue and by a parallel test runner.

    Python would call the constructor with the text of the error.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _read, (type(self), self.args, vars(self))


class VerificationError(_Picklable):
    """Base class of what the flow refuses. Do not raise directly."""

    code: str


class InvalidPhoneNumber(VerificationError, ValueError):
    """The text is not one phone number that exists."""

    code = "invalid_phone_number"


class UnsupportedPhoneNumber(VerificationError):
    """The number exists, and no code may be sent to it."""

    code = "unsupported_phone_number"


class UnknownPurpose(VerificationError, ValueError):
    """``SMS_VERIFICATION_PURPOSES`` does not list this purpose."""

    code = "unknown_purpose"


class SignInRequired(VerificationError):
    """The purpose is for a signed-in user only."""

    code = "sign_in_required"


class InvalidCode(VerificationError):
    """The code is wrong, expired, used up, or of nothing that is known.

    Raised on the way to a sign-in only: ``check`` returns ``None`` instead.
    """

    code = "invalid_code"

    def __init__(self, checks_left: int = 0) -> None:
        super().__init__("The code is wrong or no longer valid.")
        self.checks_left = checks_left


class NotFound(VerificationError):
    """There is no verification with this id."""

    code = "not_found"


class NotPending(VerificationError):
    """The verification is over, or too close to its end for another SMS."""

    code = "not_pending"


class Unspent(VerificationError):
    """Base class of what is refused to who has proved the number.

    ``proof`` is good for going on without another SMS. Do not raise directly.
    """

    def __init__(self, proof: str = "") -> None:
        super().__init__(self.code)
        self.proof = proof


class NoAccount(Unspent):
    """The number is proved, and nobody's."""

    code = "no_account"


class PhoneNumberTaken(Unspent):
    """The number is proved, and another account's."""

    code = "phone_number_taken"


class StepUpRequired(Unspent):
    """The number is proved, and that is not enough for this account."""

    code = "step_up_required"


class InvalidFields(Unspent):
    """The number is proved, and something else that was given cannot be taken.

    ``fields`` are the texts by the name of the field.
    """

    code = "invalid_fields"

    def __init__(self, fields: Mapping[str, Sequence[str]], proof: str = "") -> None:
        super().__init__(proof)
        self.fields = fields


class PasswordRequired(VerificationError):
    """The user has neither a password nor a number by which to prove who asks."""

    code = "password_required"


class NoPhoneNumber(VerificationError):
    """The purpose is for the user's own number, and the user has proved none."""

    code = "no_phone_number"


class DeliveryFailed(VerificationError):
    """Every provider refused, for a reason that is not the person's."""

    code = "delivery_failed"


class TryLater(VerificationError):
    """Base class of what passes with time. Do not raise directly."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"Try again in {retry_after}.")
        self.retry_after = retry_after


class SendLimited(TryLater):
    """No SMS may leave now. ``retry_after`` tells how long that lasts."""

    code = "send_limited"


class LockedOut(TryLater):
    """No code is compared now. ``retry_after`` tells how long that lasts."""

    code = "locked_out"


class MessageRejected(_Picklable):
    """Raised by a provider: the vendor has definitely not accepted the SMS.

    ``code`` is the vendor's own, kept for staff. Raise it ``from None`` where
    the SDK's exception may carry the code, the number or a key.
    """

    # For subclasses with a constructor of their own.
    reason = Reason.UNAVAILABLE
    code = ""

    def __init__(self, reason: Reason | str, code: str = "") -> None:
        self.reason = Reason(reason)
        self.code = code
        super().__init__(f"{self.reason} ({code})" if code else str(self.reason))


class DeliveryUnknown(Exception):
    """Raised by a provider: the SMS may have left (a timeout, a broken answer)."""

    code = ""

    def __init__(self, code: str = "") -> None:
        self.code = code
        super().__init__(code)


class InvalidPush(Exception):
    """Raised by a provider: what came is not what its vendor pushes, or not from it."""


class InTransaction(RuntimeError):
    """The call would stand or fall with a transaction that the caller opened.

    Not a ``VerificationError``: it is a mistake in the program, and nothing
    that handles refusals may swallow it.
    """


# Kept out of the tree above, so that no handler of refusals hides it.
class InvalidProvider(_Picklable, ImproperlyConfigured):
    """``SMS_VERIFICATION_PROVIDERS`` cannot be used as it stands."""

    def __init__(self, message: str, *, alias: str) -> None:
        super().__init__(f"SMS_VERIFICATION_PROVIDERS[{alias!r}]: {message}")
