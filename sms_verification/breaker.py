"""Leaves a provider that fails or crawls out for a while: it is asked last.

Never is it a refusal: a route of one provider stays as it is, and so does one where
all are in trouble. It counts in the cache, for all processes together; without its
cache every provider stands where its route has it, and people wait for the first.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

from django.conf import settings as django_settings
from django.core.cache import BaseCache, caches

from sms_verification.types import Reason

logger = logging.getLogger("sms_verification")

# So many failures within the window leave a provider out for the pause.
FAILURES = 5
WINDOW = timedelta(seconds=60)
PAUSE = timedelta(seconds=30)

# Whoever is asked for longer counts as failing, even if the SMS leaves in the end.
SLOW = timedelta(seconds=3)

# The outcome, by its value: models cannot be imported without settings, and whoever
# imports ``testing`` may have none yet.
_UNKNOWN = "unknown"

# What a vendor says of itself or of its account. The other reasons are about one
# number, purpose or text, and a stranger could bring them about.
_FAILING = {Reason.UNAVAILABLE, Reason.CREDENTIALS, Reason.BALANCE}


def in_turn(aliases: list[str]) -> list[str]:
    """Return the route with those that are left out at its end."""
    if len(aliases) < 2:
        return aliases
    out = left_out(aliases)
    return sorted(aliases, key=out.__contains__)


def left_out(aliases: Iterable[str]) -> set[str]:
    """Return which of them are left out now, by one look into the cache."""
    keys = {_key(alias): alias for alias in aliases}
    try:
        return {keys[key] for key in _cache().get_many(keys)}
    except Exception as error:  # each cache backend has its own
        logger.error("Providers' failures were not read: %s.", type(error).__name__)
        return set()


def note(alias: str, outcome: str, reason: str, duration: timedelta) -> None:
    """Count a hand-over, if it tells of trouble on its provider's side."""
    failed = outcome == _UNKNOWN or reason in _FAILING
    if not failed and duration <= SLOW:
        return
    try:
        _count(alias)
    except Exception as error:  # each cache backend has its own
        logger.error("A provider's failure was not noted: %s.", type(error).__name__)


def _count(alias: str) -> None:
    """Keep the last failures, each for the window. When all are kept, it is enough."""
    cache, count = _cache(), _key(alias, "count")
    cache.add(count, 0, timeout=None)
    # Of two that count at once, each gets a place of its own.
    place = cache.incr(count) % FAILURES
    places = [_key(alias, str(n)) for n in range(FAILURES)]
    cache.set(places[place], True, WINDOW.total_seconds())
    if len(cache.get_many(places)) == FAILURES:
        cache.set(_key(alias), True, PAUSE.total_seconds())
        logger.warning(
            "Provider %s failed %d times within %d seconds. It is asked last for %d.",
            alias,
            FAILURES,
            WINDOW.total_seconds(),
            PAUSE.total_seconds(),
        )


def _cache() -> BaseCache:
    """The one of the limits, which a host shares between processes if any."""
    return caches[getattr(django_settings, "RATELIMIT_USE_CACHE", "default")]


def _key(alias: str, *more: str) -> str:
    # Memcached takes no spaces, and an alias may have some.
    digest = sha256(alias.encode()).hexdigest()[:32]
    return ".".join(["sms_verification.breaker", digest, *more])
