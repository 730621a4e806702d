"""How many SMS a text is billed as."""

from __future__ import annotations

from django.views.decorators.debug import sensitive_variables

# GSM 03.38, the default alphabet and its extension, which takes an escape before
# each character.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")

# What fits into an SMS alone, and into each of several: their headers take the rest.
_SEPTETS = (160, 153)
_UNITS = (70, 67)


@sensitive_variables()
def parts(text: str) -> int:
    """Return the number of parts. One character outside of GSM-7 makes all UCS-2."""
    if _BASIC.union(_EXTENSION).issuperset(text):
        return _count([2 if c in _EXTENSION else 1 for c in text], *_SEPTETS)
    # In UTF-16, characters like emoji are two units.
    return _count([2 if ord(c) > 0xFFFF else 1 for c in text], *_UNITS)


def _count(widths: list[int], alone: int, each: int) -> int:
    if sum(widths) <= alone:
        return 1
    count, left = 1, each
    for width in widths:
        # No character is torn in two.
        if width > left:
            count, left = count + 1, each
        left -= width
    return count
