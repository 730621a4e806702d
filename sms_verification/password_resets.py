"""From a proved number to a new password."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from sms_verification import admission, evidence, transactions
from sms_verification.accounts import as_read, get_accounts
from sms_verification.evidence import proof_of
from sms_verification.exceptions import InvalidFields, NoAccount, PhoneNumberTaken
from sms_verification.models import Verification, database
from sms_verification.types import Client, Evidence

__all__ = ["PURPOSE", "reset"]

PURPOSE = "reset_password"


@sensitive_variables()
def reset(
    shown: Evidence, password: str, client: Client | None, *, stepped_up: Any = None
) -> AbstractBaseUser:
    """Set the password of whose number was proved, and end what it had opened.

    Nobody is signed in by it, so a second factor that the host asks for at sign-in
    stands. Raise ``InvalidCode`` or ``LockedOut``; ``InvalidFields``,
    ``StepUpRequired`` or ``NoAccount``, which leave the proof unspent.
    """
    approved = evidence.approve(shown, PURPOSE, client)
    attempt = partial(_reset_once, approved, password, stepped_up=stepped_up)
    return evidence.until_settled("reset", attempt)


@sensitive_variables()
def _reset_once(
    approved: Verification, password: str, *, stepped_up: Any
) -> AbstractBaseUser:
    user = get_accounts().find(approved.phone_number)
    if user is None:
        raise NoAccount(proof_of(approved))
    admission.admit(user, approved, PURPOSE, stepped_up=stepped_up)
    try:
        validate_password(password, cast("Any", user))
    except ValidationError as error:
        raise InvalidFields({"password": error.messages}, proof_of(approved)) from None
    try:
        return evidence.spend(approved, partial(_set, approved, user, password))
    except PhoneNumberTaken:
        raise transactions.Lost from None


@sensitive_variables()
def _set(
    approved: Verification, user: AbstractBaseUser, password: str
) -> AbstractBaseUser:
    number = evidence.number_of(approved)
    if (
        as_read(user).select_for_update().first() is None
        or get_accounts().find(number) != user
    ):
        # Read again whose it is: it may have changed, or been taken away.
        raise transactions.Lost
    user.set_password(password)
    user.save(using=database(), update_fields=["password"])
    get_accounts().revoke(user)
    # Proved anew, so that no proof from before is good for anything.
    get_accounts().link(number, user)
    return user
