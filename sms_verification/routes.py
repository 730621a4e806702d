"""Which providers a number's SMS goes by, in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sms_verification import breaker
from sms_verification.conf import settings
from sms_verification.exceptions import UnsupportedPhoneNumber
from sms_verification.types import Reason

if TYPE_CHECKING:
    # At run time it would keep ``testing`` from being imported without settings.
    from sms_verification.models import Delivery

# The alias for numbers that no route is for.
DEFAULT = "default"

MAINLAND = "+86"


def route(phone_number: str) -> list[str]:
    """Return the aliases to try in turn. The longest prefix of the number wins.

    Raise ``UnsupportedPhoneNumber`` where the host's routes lead nowhere.
    """
    routes = settings.ROUTES
    prefixes = [prefix for prefix in routes if phone_number.startswith(prefix)]
    if prefixes:
        return routes[max(prefixes, key=len)]
    if DEFAULT not in settings.PROVIDERS:
        raise UnsupportedPhoneNumber("No provider sends to this number.")
    return [DEFAULT]


def after(aliases: list[str], last: Delivery) -> list[str]:
    """Return the route from the provider behind the last delivery's on.

    After a refusal that protects the person it stays with the same one, whatever
    trouble that is in: another vendor would only go round it.
    """
    if last.provider not in aliases:
        return breaker.in_turn(aliases)
    position = aliases.index(last.provider)
    behind = [*aliases[position + 1 :], *aliases[: position + 1]]
    # Looked up in any case: what a resend costs tells nobody how the last one ended.
    turned = breaker.in_turn(behind)
    if last.reason and Reason(last.reason).protects_the_person:
        return [*aliases[position:], *aliases[:position]]
    return turned


def onwards(aliases: list[str], alias: str) -> list[str]:
    """Return the route from that provider on, with those behind it as they fare now."""
    position = aliases.index(alias) + 1 if alias in aliases else 0
    others = [*aliases[position:], *aliases[:position]]
    return [alias, *breaker.in_turn([other for other in others if other != alias])]


def by_prefix() -> dict[str, list[str]]:
    """Return all routes: the host's, and the one for numbers that have none of them."""
    routes = dict(settings.ROUTES)
    if "+" not in routes and DEFAULT in settings.PROVIDERS:
        routes["+"] = [DEFAULT]
    return routes


def aliases() -> list[str]:
    """Return each alias that a route leads to, once."""
    return list(dict.fromkeys(alias for r in by_prefix().values() for alias in r))


def regions(alias: str) -> list[bool]:
    """Return whose numbers come to it: of China's mainland (``True``), of elsewhere.

    Its carriers' rules make the two apart for the vendors, with templates of their own.
    """
    prefixes = [prefix for prefix, route in by_prefix().items() if alias in route]
    mainland = any(map(_of_mainland, prefixes))
    abroad = any(not prefix.startswith(MAINLAND) for prefix in prefixes)
    return [True] * mainland + [False] * abroad


def _of_mainland(prefix: str) -> bool:
    """Whether it is longer than the mainland's, or the one that its numbers go by."""
    shorter = [p for p in by_prefix() if MAINLAND.startswith(p)]
    return prefix.startswith(MAINLAND) or prefix == max(shorter, key=len, default=None)
