"""A verification that a browser's session begins, and finds again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib.auth import logout
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from sms_verification import approvals, clients, proofs, storage, verifications
from sms_verification.accounts import get_accounts
from sms_verification.models import Verification

__all__ = ["is_verified", "keep_proof", "kept_proof", "start"]

# Where a client without session shows a proof that it keeps.
PROOF_HEADER = "Verification-Proof"

# What this session has proved, by purpose. The one that only holds a verification may
# have read its id somewhere: who it was proved to is told by this alone.
PROOFS_KEY = "sms_verification_proofs"


@sensitive_variables()
def start(
    request: HttpRequest, phone_number: str | None, purpose: str, *, anew: bool = False
) -> tuple[Verification, bool]:
    """Do what ``verifications.start`` does, and let the session hold what is begun.

    Return it with whether it is one that the session held already. ``anew`` asks for
    an SMS in any case. Raise what ``verifications.start`` raises.
    """
    client = clients.from_request(request, purpose)
    if anew:
        client = replace(client, verification_id=None)
    verification = verifications.start(phone_number, purpose, client)
    resumed = verification.pk == client.verification_id
    if not resumed:  # or each reload would save the session
        clients.hold(request, purpose, verification.pk)
    return verification, resumed


@sensitive_variables()
def keep_proof(request: HttpRequest, key: str, proof: str) -> None:
    """Remember in the session what was proved in it, by the purpose or another key."""
    # As a login does: who planted its key, or stole it before, has this session no more.
    if not _is_by_another_number(request, proof):
        _cycle_key(request.session)
    elif key in approvals.GOES_ON:
        # It is to sign somebody else in. Or a thief could move a stolen session to a
        # key of their own, by a phone of their own, and outlive the owner's log-out.
        held = request.session.get(clients.SESSION_KEY)
        logout(request)
        request.session[clients.SESSION_KEY] = held
    request.session[PROOFS_KEY] = {**request.session.get(PROOFS_KEY, {}), key: proof}


def _cycle_key(session: Any) -> None:
    """Give the session a new key, unless a log-out has ended it since it was read."""
    try:
        # By itself cycle_key() would begin it anew, with who was signed in.
        session.save()
    except UpdateError:
        raise SessionInterrupted("The session was ended meanwhile.") from None
    session.cycle_key()


def _is_by_another_number(request: HttpRequest, proof: str) -> bool:
    """Whether somebody is signed in who has not proved the number as their own."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return False
    meant = proofs.read(proof) or proofs.read(proof, goes_on=True)
    found = storage.find(meant) if meant else None
    return found is None or get_accounts().find(found.phone_number) != user


def kept_proof(request: HttpRequest, key: str) -> str:
    """Return the proof that ``keep_proof`` remembered, or nothing."""
    session = getattr(request, "session", {})
    return str(session.get(PROOFS_KEY, {}).get(key, ""))


@sensitive_variables()
def is_verified(request: HttpRequest, purpose: str, within: timedelta) -> bool:
    """Whether the signed-in user has proved the own number for the purpose lately.

    By the proof in the header ``Verification-Proof``, or by one that this session has
    kept. A session that was stolen before has neither, since a session that keeps a
    proof gets a new key. It spends nothing; ``verifications.use`` does.
    """
    if not request.user.is_authenticated:
        return False
    shown = request.headers.get(PROOF_HEADER, "") or kept_proof(request, purpose)
    meant = proofs.read(shown)
    if meant is None:
        return False
    return approvals.is_fresh(meant, purpose, request.user.pk, within)
