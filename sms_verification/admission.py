"""Who may come in by SMS alone, and who has to show more."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from sms_verification import evidence
from sms_verification.accounts import get_accounts
from sms_verification.conf import settings
from sms_verification.exceptions import (
    InvalidCode,
    InvalidFields,
    PhoneNumberTaken,
    StepUpRequired,
)
from sms_verification.models import PhoneNumber, Verification

__all__ = ["admit", "confirm_password", "holder"]

WRONG_PASSWORD = _("This is not your password.")


@sensitive_variables()
def admit(
    user: AbstractBaseUser,
    approved: Verification,
    purpose: str,
    *,
    password: str = "",
    stepped_up: bool = False,
) -> None:
    """Let the user whose number was proved pass.

    Raise ``InvalidCode`` for who may not come in by SMS at all, ``StepUpRequired``
    where more is asked for, ``InvalidFields`` for a wrong password.
    """
    accounts = get_accounts()
    if not accounts.may_enter(user) or _is_privileged_test(user, approved):
        raise InvalidCode
    if stepped_up:
        return
    if accounts.needs_step_up(user, purpose):
        raise StepUpRequired(evidence.proof_of(approved))
    if accounts.is_dormant(approved.phone_number, user):
        if not password:
            raise StepUpRequired(evidence.proof_of(approved))
        confirm_password(user, password, approved)


def holder(
    number: PhoneNumber,
    approved: Verification,
    *,
    user: AbstractBaseUser | None = None,
    not_my_account: bool,
) -> AbstractBaseUser | None:
    """Return the other account that the proved number is to be taken from, if any.

    ``user`` is who is to have it, where that is an account already. Raise
    ``PhoneNumberTaken`` where it may not be taken.
    """
    accounts = get_accounts()
    owner = accounts.find(number)
    if owner is None or owner == user:
        return None
    if not_my_account and accounts.may_take_over(number, owner):
        return owner
    raise PhoneNumberTaken(evidence.proof_of(approved))


@sensitive_variables()
def confirm_password(
    user: AbstractBaseUser, password: str, approved: Verification
) -> None:
    """Compare the user's password. Raise ``InvalidFields`` or ``InvalidCode``."""
    evidence.spend_check(approved)
    if not user.check_password(password):
        proof = evidence.proof_of(approved)
        raise InvalidFields({"password": [str(WRONG_PASSWORD)]}, proof)


def _is_privileged_test(user: AbstractBaseUser, approved: Verification) -> bool:
    """Whether a code that stands in the settings would open a staff account.

    Whatever its day: a proof may outlive it.
    """
    privileged = getattr(user, "is_staff", False) or getattr(
        user, "is_superuser", False
    )
    return bool(privileged) and approved.phone_number.number in settings.TEST_NUMBERS
