"""From a right code or a proof to the user who is to be signed in."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.views.decorators.debug import sensitive_variables

from sms_verification import (
    admission,
    approvals,
    evidence,
    transactions,
    verifications,
)
from sms_verification.accounts import get_accounts
from sms_verification.conf import settings
from sms_verification.evidence import proof_of
from sms_verification.exceptions import InvalidCode, NoAccount, PhoneNumberTaken
from sms_verification.models import Verification
from sms_verification.types import Client, Evidence

__all__ = ["PURPOSE", "by_code", "by_proof", "whose"]

PURPOSE = "login"


@sensitive_variables()
def by_code(
    verification_id: UUID,
    code: str,
    client: Client | None,
    *,
    password: str = "",
    stepped_up: Any = None,
) -> AbstractBaseUser:
    """Return the user whose number the code proves, a new one where that is allowed.

    Raise ``InvalidCode``, ``LockedOut``, ``StepUpRequired`` or ``InvalidFields``, or
    ``NoAccount`` where codes are sent to numbers without account too.
    """
    # Where more may be asked for, or a user is to be made, the approval is spent with
    # that or not at all.
    use = settings.purpose(PURPOSE).needs_account and not get_accounts().steps_up
    if not use:
        shown = Evidence(verification_id=verification_id, code=code)
        approved = evidence.approve(shown, PURPOSE, client)
        return _spend(approved, password, stepped_up=stepped_up)
    attempt = verifications.attempt(
        verification_id, code, client, purpose=PURPOSE, use=True
    )
    if attempt.approved is None:
        raise InvalidCode(attempt.checks_left)
    user = get_accounts().find(attempt.approved.phone_number)
    if user is None:
        raise InvalidCode
    admission.admit(user, attempt.approved, PURPOSE, stepped_up=stepped_up)
    return user


@sensitive_variables()
def by_proof(
    proof: str, *, password: str = "", stepped_up: Any = None
) -> AbstractBaseUser:
    """Return the user of the number that the proof is for, and spend the proof.

    Raise ``InvalidCode``, or ``NoAccount``, ``StepUpRequired`` and ``InvalidFields``,
    which leave the proof unspent. ``stepped_up`` is the key of the user whose second
    factor a host has seen meanwhile: that of ``whose``.
    """
    approved = evidence.approve(Evidence(proof=proof), PURPOSE, None)
    return _spend(approved, password, stepped_up=stepped_up)


@sensitive_variables()
def whose(proof: str) -> AbstractBaseUser | None:
    """Return whom the proof would sign in, to ask for more. It spends nothing."""
    approved = approvals.peek(proof, PURPOSE)
    return get_accounts().find(approved.phone_number) if approved else None


def _spend(
    approved: Verification, password: str, *, stepped_up: Any
) -> AbstractBaseUser:
    """Find or make the user and use the approval: both or neither."""
    attempt = partial(_spend_once, approved, password, stepped_up=stepped_up)
    return evidence.until_settled("authenticate", attempt)


@sensitive_variables()
def _spend_once(
    approved: Verification, password: str, *, stepped_up: Any
) -> AbstractBaseUser:
    user = get_accounts().find(approved.phone_number)
    if user is not None:
        admission.admit(
            user, approved, PURPOSE, password=password, stepped_up=stepped_up
        )
        if verifications.use(approved, approved.purpose) is None:
            raise InvalidCode
        return user
    if not settings.CREATE_USERS:
        raise NoAccount(proof_of(approved))
    create = partial(get_accounts().create, approved.phone_number)
    try:
        return evidence.spend(approved, create)
    except PhoneNumberTaken:
        raise transactions.Lost from None
