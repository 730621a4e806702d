"""May a code be sent at all? Rules that refuse before any limit is spent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sms_verification.types import Client, Purpose

__all__ = ["GUARDS", "Guard", "review"]


class Guard(Protocol):
    """A rule that refuses a send by raising one of the app's refusals."""

    def review(
        self, phone_number: str, purpose: Purpose, client: Client | None
    ) -> None: ...


GUARDS: Sequence[Guard] = ()


def review(phone_number: str, purpose: Purpose, client: Client | None) -> None:
    """Let every guard have its say. The first that objects ends it."""
    for guard in GUARDS:
        guard.review(phone_number, purpose, client)
