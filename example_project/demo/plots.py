"""How a visit goes: what the vendors answer, and what the person types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from factory.random import randgen

Ending = Literal["used", "approved", "nothing"]

OPERATOR, PERSON = "refused to the operator", "refused to the person"


@dataclass(frozen=True, slots=True)
class Plot:
    """One visit. ``sends`` has the answers along the route for each send."""

    weight: float
    sends: tuple[tuple[str, ...], ...] = (("delivered",),)
    wrong_codes: int = 0
    ending: Ending = "used"


RIGHT = Plot(60)
TYPED_WRONG = Plot(7, wrong_codes=1)
TYPED_WRONG_AGAIN = Plot(2, wrong_codes=3)
NO_RECEIPT = Plot(7, (("accepted",),))
FAILED_OVER = Plot(4, ((OPERATOR, "delivered"),))
RESENT = Plot(5, (("undelivered",), ("delivered",)))
RESENT_TWICE = Plot(1, (("accepted",), ("undelivered",), ("delivered",)))
MAY_HAVE_LEFT = Plot(1.5, (("unknown",),))
RESENT_AFTER_UNKNOWN = Plot(1, (("unknown",), ("delivered",)))
NEVER_TYPED = Plot(4, ending="nothing")
NEVER_CAME = Plot(1.5, (("undelivered",),), ending="nothing")
LIMITED_BY_VENDOR = Plot(1.5, ((PERSON,),), ending="nothing")
RESENT_TO_A_LIMIT = Plot(0.8, (("undelivered",), (PERSON,)), ending="nothing")
NOBODY_TOOK_IT = Plot(0.7, ((OPERATOR, OPERATOR),), ending="nothing")
GUESSED = Plot(1, wrong_codes=5, ending="nothing")
NEVER_USED = Plot(0.8, ending="approved")

PLOTS = [
    RIGHT,
    TYPED_WRONG,
    TYPED_WRONG_AGAIN,
    NO_RECEIPT,
    FAILED_OVER,
    RESENT,
    RESENT_TWICE,
    MAY_HAVE_LEFT,
    RESENT_AFTER_UNKNOWN,
    NEVER_TYPED,
    NEVER_CAME,
    LIMITED_BY_VENDOR,
    RESENT_TO_A_LIMIT,
    NOBODY_TOOK_IT,
    GUESSED,
    NEVER_USED,
]

# For who has no account where the purpose needs one.
WITHHELD = Plot(0, (("withheld",),), ending="nothing")


def choose() -> Plot:
    return randgen.choices(PLOTS, [plot.weight for plot in PLOTS])[0]
