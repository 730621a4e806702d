"""From a proved number to a new account."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from sms_verification import admission, evidence, transactions
from sms_verification.accounts import get_accounts
from sms_verification.evidence import proof_of
from sms_verification.exceptions import InvalidFields, PhoneNumberTaken
from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import Client, Evidence

__all__ = ["PURPOSE", "register"]

PURPOSE = "register"

NOT_CHOSEN = _("Leave this out: the phone number is the name.")


@sensitive_variables()
def register(
    shown: Evidence,
    client: Client | None,
    *,
    username: str = "",
    password: str = "",
    not_my_account: bool = False,
) -> AbstractBaseUser:
    """Make an account for the proved number, and return its user.

    Without a name it gets a random one, without a password an unusable one. Raise
    ``InvalidCode`` or ``LockedOut``; ``InvalidFields`` or ``PhoneNumberTaken``, which
    leave the proof unspent. With ``not_my_account`` a number that another account has
    let lie is taken over, where ``Accounts.may_take_over`` allows it.
    """
    approved = evidence.approve(shown, PURPOSE, client)

    @sensitive_variables()
    def attempt() -> AbstractBaseUser:
        number = evidence.number_of(approved)
        owner = admission.holder(number, approved, not_my_account=not_my_account)
        user = _build(approved, username, password)
        try:
            return evidence.spend(approved, partial(_make, number, user, owner))
        except PhoneNumberTaken:
            raise transactions.Lost from None

    return evidence.until_settled("register", attempt)


@sensitive_variables()
def _build(approved: Verification, username: str, password: str) -> AbstractBaseUser:
    """Return the unsaved user. Raise ``InvalidFields`` with what is wrong with it."""
    user: Any = get_accounts().build_user(approved.phone_number)
    if username and get_accounts().names_users:
        # Compared with what others have, it would tell who has an account.
        raise InvalidFields({"username": [str(NOT_CHOSEN)]}, proof_of(approved))
    if username:
        setattr(user, user.USERNAME_FIELD, user.normalize_username(username))
        _validate_username(user, approved)
    try:
        if password:
            validate_password(password, user)
    except ValidationError as error:
        raise InvalidFields({"password": error.messages}, proof_of(approved)) from None
    # Last, since it is slow on purpose, and a proof can be shown many times.
    user.set_password(password or None)
    return user  # type: ignore[no-any-return]


def _validate_username(user: Any, approved: Verification) -> None:
    field = user._meta.get_field(user.USERNAME_FIELD)  # noqa: SLF001  # public
    try:
        field.clean(getattr(user, field.attname), user)
        others = [f.name for f in user._meta.fields if f is not field]  # noqa: SLF001
        user.validate_unique(exclude=others)
        user.validate_constraints(exclude=others)
    except ValidationError as error:
        raise InvalidFields({"username": error.messages}, proof_of(approved)) from None


def _make(
    number: PhoneNumber, user: AbstractBaseUser, owner: AbstractBaseUser | None
) -> AbstractBaseUser:
    accounts = get_accounts()
    if owner is not None and not accounts.unlink(number, owner):
        raise transactions.Lost
    return accounts.create(number, user)
