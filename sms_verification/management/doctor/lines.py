from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.core.checks import CheckMessage


class Mark(StrEnum):
    FINE = "✓"
    NOTE = "!"
    # Somebody would get no SMS, or no answer.
    FAILS = "✗"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at."""

    mark: Mark
    text: str
    hint: str = ""


def fine(text: str) -> Line:
    return Line(Mark.FINE, text)


def note(text: str, hint: str = "") -> Line:
    return Line(Mark.NOTE, text, hint)


def fails(text: str, hint: str = "") -> Line:
    return Line(Mark.FAILS, text, hint)


def told(message: CheckMessage, *, failing: bool = False) -> Line:
    """Return a system check's finding as a line."""
    mark = Mark.FAILS if failing or message.is_serious() else Mark.NOTE
    return Line(mark, f"{message.msg} ({message.id})", message.hint or "")
