"""What a right check is worth: spent once, or looked at while it is fresh."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from sms_verification import proofs, storage, transactions
from sms_verification.accounts import get_accounts
from sms_verification.conf import settings
from sms_verification.models import PhoneNumber, Verification

__all__ = ["GOES_ON", "is_fresh", "is_older", "peek", "use"]

# Who has proved a number for the one and needs the other gets a proof for it.
GOES_ON = {"login", "register"}


@sensitive_variables()
def use(
    approval: Verification | str, purpose: str, *, user_pk: Any = None
) -> Verification | None:
    """Spend an approval or a proof, once, within ten minutes. Return it or ``None``.

    It may share the caller's transaction with the change that it permits. For a
    purpose that demands a signed-in user, ``user_pk`` must be who started it, and for
    one of the host's own the number must still be that user's.
    """
    given = approval if isinstance(approval, Verification) else None
    verification_id = given.pk if given else proofs.read(str(approval))
    rules = settings.purpose(purpose)
    conditions = {
        "purpose": purpose,
        **({"user_id": user_pk} if rules.signed_in else {}),
    }
    if verification_id is None or None in conditions.values():
        return None
    if rules.own_number and not _is_own(storage.find(verification_id), user_pk):
        return None
    now = timezone.now()
    if not _spend(partial(storage.use, verification_id, now, **conditions)):
        return None
    if given is None:
        return storage.find(verification_id)
    given.used_at = now
    return given


@sensitive_variables()
def peek(proof: str, purpose: str) -> Verification | None:
    """Return the verification that the proof could still be spent for.

    None whose number has become somebody's since it was proved.
    """
    purposes = {purpose}
    verification_id = proofs.read(proof)
    if verification_id is None and purpose in GOES_ON:
        verification_id, purposes = proofs.read(proof, goes_on=True), GOES_ON
    found = storage.find(verification_id) if verification_id else None
    if found is None or found.purpose not in purposes or found.spendable_until is None:
        return None
    fresh = found.spendable_until > timezone.now()
    return found if fresh and not is_older(found, found.phone_number) else None


@sensitive_variables()
def is_fresh(
    verification_id: UUID, purpose: str, user_pk: Any, within: timedelta
) -> bool:
    """Whether this user has proved the own number for the purpose so lately.

    It spends nothing.
    """
    found = storage.find(verification_id)
    if found is None or found.approved_at is None:
        return False
    same = (found.purpose, found.user_id) == (purpose, user_pk)
    fresh = found.approved_at > timezone.now() - within
    return same and fresh and _is_own(found, user_pk)


def is_older(approved: Verification, number: PhoneNumber) -> bool:
    """Whether the number has been linked to its user after the approval."""
    linked_at: Any = number.verified_at
    return linked_at is not None and linked_at > approved.approved_at


def _is_own(found: Verification | None, user_pk: Any) -> bool:
    """Whether the number is the user's, by a link that is not younger."""
    if found is None or found.approved_at is None:
        return False
    owner = get_accounts().find(found.phone_number)
    theirs = owner is not None and owner.pk == user_pk
    return theirs and not is_older(found, found.phone_number)


def _spend(use: Callable[[], bool]) -> bool:
    if transactions.inside():
        # A second try would be the caller's to make, with all that it did before.
        return use()
    try:
        return transactions.retry(use)
    except transactions.Contended:
        return False
