"""From what a client shows to an approval that can be spent, beside a change."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from sms_verification import approvals, proofs, storage, transactions, verifications
from sms_verification.conf import settings
from sms_verification.exceptions import InvalidCode
from sms_verification.models import PhoneNumber, Verification, database
from sms_verification.types import Client, Evidence

__all__ = [
    "approve",
    "number_of",
    "proof_of",
    "spend",
    "spend_check",
    "until_settled",
]

T = TypeVar("T")


@sensitive_variables()
def approve(evidence: Evidence, purpose: str, client: Client | None) -> Verification:
    """Return the approval that the evidence stands for, unspent.

    Raise ``InvalidCode``, ``LockedOut``, or ``UnknownPurpose`` for one that the host has
    switched off.
    """
    settings.purpose(purpose)
    if evidence.proof:
        approved = approvals.peek(evidence.proof, purpose)
        if approved is None:
            raise InvalidCode
        return approved
    if evidence.verification_id is None:
        raise InvalidCode
    attempt = verifications.attempt(
        evidence.verification_id, evidence.code, client, purpose=purpose
    )
    if attempt.approved is None:
        raise InvalidCode(attempt.checks_left)
    return attempt.approved


def spend(approved: Verification, change: Callable[[], T]) -> T:
    """Use the approval and make the change that it permits: both or neither.

    Raise ``InvalidCode`` where somebody else was faster.
    """
    # The verification's row before the number's, as everywhere.
    with transaction.atomic(using=database(), durable=True):
        spent = approvals.use(approved, approved.purpose, user_pk=approved.user_id)
        if spent is None:
            raise InvalidCode
        return change()


def until_settled(call: str, attempt: Callable[[], T]) -> T:
    """Run an attempt of spending anew while others change what it reads."""
    transactions.refuse_inside(call)
    try:
        return transactions.retry(attempt)
    except transactions.Contended:
        raise InvalidCode from None


def spend_check(approved: Verification) -> None:
    """Count the comparison of a password beside a proved number, before it is made.

    It takes one of the verification's checks, so that a proof is no leave to guess.
    Raise ``InvalidCode`` when there is none left.
    """
    if not until_settled("spend_check", partial(storage.spend_check, approved.pk)):
        raise InvalidCode


def proof_of(approved: Verification) -> str:
    """Return a proof to go on with, for who has shown the evidence."""
    goes_on = approved.purpose in approvals.GOES_ON
    return proofs.write(approved.pk, goes_on=goes_on)


def number_of(approved: Verification) -> PhoneNumber:
    """Return the proved number as it is now: it may have become somebody's."""
    numbers = PhoneNumber.objects.using(database())
    return numbers.get(pk=approved.phone_number_id)
