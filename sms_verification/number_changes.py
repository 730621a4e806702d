"""From a proved new number to an account that is reached by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from sms_verification import (
    admission,
    approvals,
    evidence,
    notices,
    signals,
    transactions,
)
from sms_verification.accounts import as_read, get_accounts
from sms_verification.evidence import proof_of
from sms_verification.exceptions import (
    InvalidCode,
    InvalidFields,
    PasswordRequired,
    PhoneNumberTaken,
    VerificationError,
)
from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import Client, Evidence

__all__ = ["PURPOSE", "change", "demanded", "refusal"]

PURPOSE = "change_phone"

REQUIRED = _("This field is required.")
NOT_PRESENT = _("This does not prove your present number.")


@dataclass(frozen=True, slots=True)
class _Change:
    """Who wants it, and what of theirs was shown beside the new number."""

    user: Any
    approved: Verification
    not_my_account: bool
    password: str = field(default="", repr=False)
    old_proof: str = field(default="", repr=False)


def demanded(user: AbstractBaseUser) -> str:
    """Return what a change of the user's number asks for beside the new number.

    ``password``; of who has none ``old_proof``, the proof of a right code that was
    sent to the present number for the same purpose; ``""`` where a host has to say.
    """
    if user.has_usable_password():
        return "password"
    return "old_proof" if get_accounts().present_number(user.pk) else ""


def refusal(user: AbstractBaseUser, client: Client | None) -> VerificationError | None:
    """Return why the user can change no number at all, before an SMS is sent for it."""
    if demanded(user) or get_accounts().may_change_number(user, client):
        return None
    return PasswordRequired("There is nothing that the user could prove.")


@sensitive_variables()
def change(
    shown: Evidence,
    user: AbstractBaseUser,
    client: Client | None,
    *,
    password: str = "",
    old_proof: str = "",
    not_my_account: bool = False,
) -> PhoneNumber:
    """Make the proved number the signed-in user's, in place of the present one.

    Beside it comes the ``password`` or the ``old_proof`` that ``demanded`` names: who
    has stolen a session has neither (NIST SP 800-63B on binding another authenticator).
    What the user was let in with ends, so sign the user in again. Raise
    ``InvalidCode``, ``LockedOut`` or ``PasswordRequired``; ``InvalidFields`` or
    ``PhoneNumberTaken``, which leave the proof unspent. ``not_my_account`` takes over
    a number that another account has let lie, as in ``registrations.register``. The
    present number is told by SMS, where a provider has a template for it.
    """
    if refused := refusal(user, client):
        raise refused
    given = {"password": password, "old_proof": old_proof}
    demand = demanded(user)
    if demand and not given[demand]:
        # Before a code is spent.
        raise InvalidFields({demand: [str(REQUIRED)]})
    approved = evidence.approve(shown, PURPOSE, client)
    if approved.user_id != user.pk:
        raise InvalidCode
    if demand == "password":
        admission.confirm_password(user, password, approved)
    wanted = _Change(
        user, approved, not_my_account, **{demand: given[demand]} if demand else {}
    )
    old, new = evidence.until_settled("change", partial(_change_once, wanted))
    _announce(user, old, new)
    if old and old != new:
        notices.tell(old, notices.PHONE_CHANGED, client)
    return new


def _change_once(wanted: _Change) -> tuple[PhoneNumber | None, PhoneNumber]:
    approved = wanted.approved
    present = get_accounts().present_number(wanted.user.pk)
    # Two changes at once, and the other one was faster.
    if present and approvals.is_older(approved, present):
        raise InvalidCode
    old_approval = _prove_present(wanted, present) if wanted.old_proof else None
    number = evidence.number_of(approved)
    owner = admission.holder(
        number, approved, user=wanted.user, not_my_account=wanted.not_my_account
    )

    @sensitive_variables()
    def move() -> str:
        if old_approval:
            _use(old_approval, wanted.user)
        # The user's row first: a link asks for it too, and could not have it whole
        # from who signs in meanwhile (MariaDB).
        salted = _end_sessions(wanted)
        _free((present, wanted.user), (number, owner))
        get_accounts().link(number, wanted.user)
        return salted

    try:
        # Only now: an attempt that is made anew compares what it was.
        wanted.user.password = evidence.spend(approved, move)
    except PhoneNumberTaken:
        raise transactions.Lost from None
    return present, number


@sensitive_variables()
def _prove_present(wanted: _Change, present: PhoneNumber | None) -> Verification:
    shown = approvals.peek(wanted.old_proof, PURPOSE)
    theirs = present and (present.pk, wanted.user.pk)
    if not shown or (shown.phone_number_id, shown.user_id) != theirs:
        proof = proof_of(wanted.approved)
        raise InvalidFields({"old_proof": [str(NOT_PRESENT)]}, proof)
    return shown


def _use(approval: Verification, user: AbstractBaseUser) -> None:
    if approvals.use(approval, PURPOSE, user_pk=user.pk) is None:
        raise InvalidCode


def _free(*links: tuple[PhoneNumber | None, AbstractBaseUser | None]) -> None:
    """Take the numbers from their users, if they still are those users'."""
    for number, user in links:
        if number and user and not get_accounts().unlink(number, user):
            raise transactions.Lost


@sensitive_variables()
def _end_sessions(wanted: _Change) -> str:
    """Salt the password anew, by which sessions end, unless it was changed.

    Return it as it is stored now.
    """
    user, new = wanted.user, make_password(wanted.password or None)
    if not as_read(user).update(password=new):
        raise InvalidCode
    get_accounts().revoke(user)
    return new


def _announce(
    user: AbstractBaseUser, old: PhoneNumber | None, new: PhoneNumber
) -> None:
    signals.phone_number_changed.send_robust(
        PhoneNumber,
        user_pk=user.pk,
        old_phone_number=old.masked if old else "",
        phone_number=new.masked,
    )
