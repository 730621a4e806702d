"""From a right code or a proof to the user who is to be signed in."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from sms_verification import proofs, transactions, verifications
from sms_verification.accounts import get_accounts
from sms_verification.conf import settings
from sms_verification.exceptions import InvalidCode, NoAccount, PhoneNumberTaken
from sms_verification.models import Verification, database
from sms_verification.types import Client

__all__ = ["PURPOSE", "by_code", "by_proof"]

PURPOSE = "login"


@sensitive_variables()
def by_code(
    verification_id: UUID, code: str, client: Client | None
) -> AbstractBaseUser:
    """Return the user whose number the code proves, a new one where that is allowed.

    Raise ``InvalidCode`` or ``LockedOut``, or ``NoAccount`` where codes are sent to
    numbers without account too.
    """
    # Where there may be no user yet, the approval is spent with one or not at all.
    use = settings.purpose(PURPOSE).needs_account
    attempt = verifications.attempt(
        verification_id, code, client, purpose=PURPOSE, use=use
    )
    if attempt.approved is None:
        raise InvalidCode(attempt.checks_left)
    if not use:
        return _spend(attempt.approved)
    user = get_accounts().find(attempt.approved.phone_number)
    if user is None:
        raise InvalidCode
    return _allowed(user, attempt.approved)


def by_proof(proof: str) -> AbstractBaseUser:
    """Return the user of the number that the proof is for, and spend the proof.

    Raise ``InvalidCode``, or ``NoAccount``, which leaves the proof unspent.
    """
    approved = verifications.peek(proof, PURPOSE)
    if approved is None:
        raise InvalidCode
    return _spend(approved)


def _spend(approved: Verification) -> AbstractBaseUser:
    """Find or make the user and use the approval: both or neither."""
    transactions.refuse_inside("authenticate")
    try:
        user = transactions.retry(partial(_spend_once, approved))
    except transactions.Contended:
        raise InvalidCode from None
    if user is None:
        raise NoAccount(proofs.write(approved.pk))
    return _allowed(user, approved)


def _spend_once(approved: Verification) -> AbstractBaseUser | None:
    user = get_accounts().find(approved.phone_number)
    if user is None and settings.CREATE_USERS:
        return _create(approved)
    if user is not None and verifications.use(approved, PURPOSE) is None:
        raise InvalidCode
    return user


def _create(approved: Verification) -> AbstractBaseUser:
    # The verification's row before the number's, as everywhere.
    try:
        with transaction.atomic(using=database(), durable=True):
            if verifications.use(approved, PURPOSE) is None:
                raise InvalidCode
            user = get_accounts().create(approved.phone_number)
    except PhoneNumberTaken:
        raise transactions.Lost from None
    return user


def _allowed(user: AbstractBaseUser, approved: Verification) -> AbstractBaseUser:
    """Keep a code that stands in the settings from opening a staff account.

    Whatever its day: a proof may outlive it.
    """
    number = approved.phone_number.number
    privileged = getattr(user, "is_staff", False) or getattr(
        user, "is_superuser", False
    )
    if privileged and number in settings.TEST_NUMBERS:
        raise InvalidCode
    return user
