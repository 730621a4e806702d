"""How often may an SMS be sent, and a code be compared.

A number's limits live in its row, so they hold exactly, in every process, with the
cache flushed. A client's live in Django's cache, by django-ratelimit.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Protocol

from django.conf import settings as django_settings
from django_ratelimit.core import get_usage

from sms_verification.conf import settings
from sms_verification.exceptions import LockedOut, SendLimited
from sms_verification.models import PhoneNumber
from sms_verification.types import Client, Rate

logger = logging.getLogger("sms_verification")

HOUR = timedelta(hours=1)

# What a number's windows are longer by than they say, and the default cooldown than a
# minute: vendors count by their own clocks, and one SMS may take longer to reach them
# than the next. Without it theirs would refuse what ours let through.
MARGIN = timedelta(seconds=5)

# A lock never grows past this, however many guesses a stranger adds.
LONGEST_LOCKOUT = timedelta(days=30)

# What a client is told when the cache cannot say.
CACHE_FAILURE_PAUSE = timedelta(minutes=1)


class ClientLimit(Protocol):
    """A limit on who asks. Other kinds join ``CLIENT_LIMITS`` below."""

    def spend(self, action: str, client: Client) -> timedelta | None:
        """Count one ``start`` or ``check``; return how long to wait if it is too many."""
        ...


class AddressLimit:
    """So many by address, an IPv6 /64 being one, since one person has that many."""

    def spend(self, action: str, client: Client) -> timedelta | None:
        if client.address is None:
            _warn_of_no_address()
        waits = [
            _wait(action, rate, network(client.address))
            for rate in settings.CLIENT_LIMITS[action]
        ]
        return max(filter(None, waits), default=None)


CLIENT_LIMITS: Sequence[ClientLimit] = (AddressLimit(),)


def charge(action: str, client: Client | None) -> None:
    """Count one action of the client's. Raise ``SendLimited`` or ``LockedOut``."""
    if client is None:
        return
    for limit in CLIENT_LIMITS:
        if wait := limit.spend(action, client):
            raise SendLimited(wait) if action == "start" else LockedOut(wait)


def network(address: str | None) -> str:
    """Return what counts as one address."""
    if address is None:
        return "unknown"
    parsed = ipaddress.ip_address(address)
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def refuse_send(number: PhoneNumber, now: datetime) -> None:
    """Raise ``SendLimited`` or ``LockedOut`` if no SMS may leave for the number."""
    blocked_until = _told_of_block(number, now)
    if blocked_until and blocked_until > now:
        raise SendLimited(blocked_until - now)
    refuse_check(number, now)
    if wait := send_wait(number.sent_at, now):
        raise SendLimited(wait)


def refuse_check(number: PhoneNumber, now: datetime) -> None:
    """Raise ``LockedOut`` if no code of the number may be compared."""
    times = [number.locked_until, _told_of_block(number, now)]
    until = max(filter(None, times), default=now)
    if until > now:
        raise LockedOut(until - now)


def send_wait(sent_at: Sequence[float], now: datetime) -> timedelta | None:
    """How long until the next SMS may leave, by the cooldown and the exact windows."""
    if not sent_at:
        return None
    free_at = [sent_at[-1] + _cooldown(sent_at, now).total_seconds()]
    for rate in settings.PHONE_NUMBER_LIMITS:
        if len(sent_at) >= rate.count:
            window = rate.period + MARGIN
            free_at.append(sent_at[-rate.count] + window.total_seconds())
    wait = max(free_at) - now.timestamp()
    return timedelta(seconds=wait) if wait > 0 else None


def with_send(sent_at: Sequence[float], now: datetime) -> list[float]:
    """Return the log with one more, without what no window can see any more."""
    since = (now - _longest_window() - MARGIN).timestamp()
    # In order even after a clock that was set back: the last is the latest.
    return sorted([*(at for at in sent_at if at > since), now.timestamp()])


def lockout(failed_checks: int, now: datetime) -> datetime | None:
    """Return until when so many failures in a row lock the number, if they do.

    The first lock comes at ``LOCKOUT_AFTER``. From there each further
    verification's worth of failures locks again, for twice as long.
    """
    over = failed_checks - settings.LOCKOUT_AFTER
    if over < 0 or over % settings.MAX_CHECKS:
        return None
    growth: int = 2 ** min(over // settings.MAX_CHECKS, 10)
    return now + min(settings.LOCKOUT * growth, LONGEST_LOCKOUT)


def _longest_window() -> timedelta:
    return max([HOUR, *(rate.period for rate in settings.PHONE_NUMBER_LIMITS)])


def _told_of_block(number: PhoneNumber, now: datetime) -> datetime | None:
    """Return until when a blocked number has to wait, as far as a person is told.

    No longer than by a limit, or it would tell that staff blocked the number.
    """
    return number.blocked_until and min(number.blocked_until, now + _longest_window())


def _cooldown(sent_at: Sequence[float], now: datetime) -> timedelta:
    last_hour = sum(at > (now - HOUR).timestamp() for at in sent_at)
    cooldowns = settings.RESEND_COOLDOWNS
    return cooldowns[min(max(last_hour, 1), len(cooldowns)) - 1]


@cache
def _warn_of_no_address() -> None:
    """Say it once a process, or it would bury the log that is to tell it."""
    logger.warning(
        "A request has no client address. It shares its limits with every other such"
        " request, since none must not mean unlimited. Behind a proxy or a unix"
        " socket, set SMS_VERIFICATION_TRUSTED_PROXIES."
    )


def _wait(action: str, rate: Rate, value: str) -> timedelta | None:
    try:
        usage = get_usage(
            None,
            group=f"sms_verification.{action}",
            key=lambda _group, _request: value,
            rate=(rate.count, int(rate.period.total_seconds())),
            increment=True,
        )
    except Exception as error:  # each cache backend has its own
        # Closed, not open: a cache that is down must not lift a limit.
        logger.error("Client limits need the cache: %s.", type(error).__name__)
        return CACHE_FAILURE_PAUSE
    if usage is None:
        # Switched off, or failing open as the host asked for limits of its own.
        off = not getattr(django_settings, "RATELIMIT_ENABLE", True)
        return None if off else CACHE_FAILURE_PAUSE
    if not usage["should_limit"]:
        return None
    left = usage["time_left"]
    return CACHE_FAILURE_PAUSE if left < 0 else timedelta(seconds=left + 1)
