"""A verification that a browser's session begins, and finds again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from sms_verification import approvals, clients, proofs, verifications
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
    request.session.cycle_key()
    request.session[PROOFS_KEY] = {**request.session.get(PROOFS_KEY, {}), key: proof}


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
