"""Who asks, read from a request."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import get_language

from sms_verification.conf import settings
from sms_verification.types import Client

SESSION_KEY = "sms_verification"

USER_AGENT_LENGTH = 200

_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]+)\](?::\d+)?|(?P<v4>[\d.]+):\d+")


def from_request(request: HttpRequest, purpose: str = "") -> Client:
    """Return the client, with the verification its session holds for ``purpose``."""
    user = getattr(request, "user", None)
    return Client(
        address=address(request),
        user_agent=printable(request.headers.get("User-Agent", "")),
        user_pk=user.pk if user is not None and user.is_authenticated else None,
        language=get_language() or "",
        verification_id=held(request, purpose),
    )


def address(request: HttpRequest) -> str | None:
    """Return the client's address, or ``None`` where none can be known.

    Each proxy appends the address of its peer to ``X-Forwarded-For``, so with
    ``SMS_VERIFICATION_TRUSTED_PROXIES`` of *n* only the last *n* entries were
    written by proxies of the host's. All before them is the client's own word.
    """
    proxies = settings.TRUSTED_PROXIES
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if proxies else ""
    if forwarded:
        entries = forwarded.split(",")
        return _parse(entries[-min(proxies, len(entries))])
    return _parse(request.META.get("REMOTE_ADDR", ""))


def hold(request: HttpRequest, purpose: str, verification_id: UUID) -> None:
    """Remember in the session, if there is one, which verification it began."""
    session = getattr(request, "session", None)
    if session is not None:
        session[SESSION_KEY] = {**_held_ids(session), purpose: str(verification_id)}


def held(request: HttpRequest, purpose: str) -> UUID | None:
    """Return what ``hold`` remembered."""
    session = getattr(request, "session", None)
    held_ids = _held_ids(session) if session is not None else {}
    try:
        return UUID(str(held_ids.get(purpose)))
    except ValueError:
        return None


def _held_ids(session: Any) -> dict[str, Any]:
    """Where a host keeps sessions in cookies, an older release wrote what is there."""
    held_ids = session.get(SESSION_KEY)
    return held_ids if isinstance(held_ids, dict) else {}


def _parse(text: str) -> str | None:
    text = text.strip()
    if match := _WITH_PORT.fullmatch(text):
        text = match["v6"] or match["v4"]
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)


def printable(text: str) -> str:
    """Drop what could break a log line or a terminal, and what does not fit."""
    return "".join(c for c in text if c.isprintable())[:USER_AGENT_LENGTH]
