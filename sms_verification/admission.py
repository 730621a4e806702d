"""Who may come in by SMS alone, and who has to show more."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from sms_verification import evidence
from sms_verification.accounts import get_accounts, is_privileged
from sms_verification.conf import settings
from sms_verification.exceptions import (
    InvalidCode,
    InvalidFields,
    PhoneNumberTaken,
    StepUpRequired,
)
from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import Demand

__all__ = ["admit", "confirm_password", "demanded", "holder"]

WRONG_PASSWORD = _("This is not your password.")


@sensitive_variables()
def admit(
    user: AbstractBaseUser,
    approved: Verification,
    purpose: str,
    *,
    password: str = "",
    stepped_up: Any = None,
) -> None:
    """Let the user whose number was proved pass.

    ``stepped_up`` is the key of the user whose second factor the host has seen. Raise
    ``InvalidCode`` for who may not come in by SMS at all, ``StepUpRequired`` where more
    is asked for, ``InvalidFields`` for a wrong password.
    """
    accounts = get_accounts()
    if not accounts.may_enter(user) or _is_privileged_test(user, approved):
        raise InvalidCode
    # Of another user's second factor a host may know too, in the same session. As
    # texts: a key from a session is one, and True is equal to 1.
    if str(stepped_up) == str(user.pk):
        return
    demand = demanded(approved.phone_number, user, purpose)
    if demand is Demand.PASSWORD and password:
        confirm_password(user, password, approved)
    elif demand is not Demand.NOTHING:
        raise StepUpRequired(evidence.proof_of(approved))


def demanded(
    number: PhoneNumber, user: AbstractBaseUser | None, purpose: str
) -> Demand:
    """Return what is asked for beside a right code. Tell only who has shown one."""
    if user is None:
        return Demand.ACCOUNT
    accounts = get_accounts()
    if accounts.needs_step_up(user, purpose):
        return Demand.SECOND_FACTOR
    if accounts.is_dormant(number, user):
        return Demand.PASSWORD
    return Demand.NOTHING


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
    number = approved.phone_number.number
    return number in settings.TEST_NUMBERS and is_privileged(user)
