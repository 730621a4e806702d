"""What happened to a number, as events in the order that staff read them in.

Pure: rows in, events out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.contrib.admin.models import LogEntry
from django.utils import timezone
from django.utils.translation import gettext as _

from sms_verification.admin import acts, words
from sms_verification.admin.masking import conceal
from sms_verification.admin.state import moment
from sms_verification.models import (
    APPROVAL_LIFETIME,
    Delivery,
    Outcome,
    PhoneNumber,
    Verification,
)
from sms_verification.refusals import Refusal

# A failover follows its refusal at once. Whoever asks again takes longer.
AT_ONCE = timedelta(seconds=2)

LONGEST_USER_AGENT = 80


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``tone`` is good, bad, odd or plain."""

    at: datetime
    title: str
    tone: str = "plain"
    note: str = ""
    details: Sequence[tuple[str, Any]] = ()
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    events: list[Event]


def by_day(events: Iterable[Event]) -> list[Day]:
    """Return the days that something happened on, all of it newest first."""
    # Of one moment's events the last that was told comes first.
    newest_first = sorted(events, key=lambda e: e.at)[::-1]
    days = groupby(newest_first, key=lambda e: timezone.localtime(e.at).date())
    return [Day(day, list(events)) for day, events in days]


def of_verification(
    verification: Verification, now: datetime, *, full: bool
) -> Iterator[Event]:
    """Yield all that is on record of one attempt, its deliveries among it."""
    yield _start(verification, full=full)
    yield from _of_deliveries(list(verification.deliveries.all()))
    for count, at in enumerate(verification.failed_at, start=1):
        title = _("Wrong code, number %(count)d of this attempt") % {"count": count}
        yield Event(datetime.fromtimestamp(at, UTC), title, "bad")
    yield from _end(verification, now)


def _start(verification: Verification, *, full: bool) -> Event:
    user = str(verification.user or "")
    agent = verification.user_agent
    if len(agent) > LONGEST_USER_AGENT:
        agent = agent[:LONGEST_USER_AGENT] + "…"
    details = [
        (_("signed in as"), user if full else conceal(user)),
        (_("address"), verification.address),
        (_("browser or app"), agent),
        (_("language"), verification.language),
        (_("attempt"), verification.pk),
    ]
    return Event(
        verification.created_at,
        _("A code was asked for: %(purpose)s") % {"purpose": verification.purpose},
        details=_known(details),
        anchor=f"v-{verification.pk}",
    )


def _end(verification: Verification, now: datetime) -> Iterator[Event]:
    approved_at, used_at = verification.approved_at, verification.used_at
    if approved_at is None:
        yield from _end_unapproved(verification, now)
        return
    yield Event(approved_at, _("Right code"), "good")
    if used_at is not None:
        title = _("The approval was used: %(purpose)s")
        yield Event(used_at, title % {"purpose": verification.purpose}, "good")
    elif (lapsed_at := approved_at + APPROVAL_LIFETIME) <= now:
        yield Event(lapsed_at, _("The approval ended unused"))


def _end_unapproved(verification: Verification, now: datetime) -> Iterator[Event]:
    failed_at = verification.failed_at
    if verification.checks_left == 0:
        last = max(failed_at, default=verification.created_at.timestamp())
        title = _("No check is left") if failed_at else _("Closed: nobody got its code")
        yield Event(datetime.fromtimestamp(last, UTC), title, "bad")
    elif verification.expires_at <= now:
        yield Event(verification.expires_at, _("The code expired"))


def _of_deliveries(deliveries: list[Delivery]) -> Iterator[Event]:
    deliveries = sorted(deliveries, key=lambda d: d.requested_at)
    for previous, delivery in zip([None, *deliveries], deliveries, strict=False):
        yield _delivery(delivery, _kind(previous, delivery))
        if delivery.receipt:
            yield _receipt(delivery)


def _kind(previous: Delivery | None, delivery: Delivery) -> str:
    if previous is None:
        return _("SMS")
    answered_at = previous.requested_at + (previous.duration or timedelta(0))
    refused = previous.outcome == Outcome.REJECTED
    if refused and delivery.requested_at - answered_at < AT_ONCE:
        return _("SMS by the next provider")
    return _("SMS again, as was asked for")


def _delivery(delivery: Delivery, kind: str) -> Event:
    outcome = delivery.outcome
    tones = {Outcome.ACCEPTED: "good", Outcome.REJECTED: "bad"}
    details = [
        (_("provider"), delivery.provider),
        (_("reason"), delivery.reason),
        (_("vendor's code"), delivery.vendor_code),
        (_("took"), _took(delivery)),
        (_("parts"), delivery.parts),
        (_("message id"), delivery.message_id),
    ]
    return Event(
        delivery.requested_at,
        f"{kind}: {_what(delivery)}",
        tones.get(Outcome(outcome), "odd"),
        str(_why(delivery)),
        _known(details),
        anchor=f"d-{delivery.pk}",
    )


def _what(delivery: Delivery) -> Any:
    if delivery.vendor_code in words.UNASKED:
        return _("not sent")
    return words.OUTCOMES.get(delivery.outcome, delivery.outcome)


def _why(delivery: Delivery) -> Any:
    return (
        words.UNASKED.get(delivery.vendor_code)
        or words.REASONS.get(delivery.reason)
        or words.NOTES.get(delivery.outcome, "")
    )


def _receipt(delivery: Delivery) -> Event:
    receipt = delivery.receipt
    at = delivery.received_at or delivery.requested_at
    tones = {"delivered": "good", "undelivered": "bad"}
    details = [
        (_("receipt"), receipt),
        (_("vendor's code"), delivery.receipt_code),
        (_("after"), _seconds(at - delivery.requested_at)),
    ]
    title = words.RECEIPTS.get(receipt) or _("A receipt came")
    details.insert(0, (_("provider"), delivery.provider))
    return Event(at, str(title), tones.get(receipt, "odd"), details=_known(details))


def _took(delivery: Delivery) -> str:
    return "" if delivery.duration is None else _seconds(delivery.duration)


def _seconds(duration: timedelta) -> str:
    return _("%(seconds).2f s") % {"seconds": duration.total_seconds()}


def of_lock(
    number: PhoneNumber, verifications: Iterable[Verification]
) -> Iterator[Event]:
    """Yield when the last lock began: with the last wrong code before its end."""
    end = number.locked_until
    if end is None:
        return
    failed_at = [at for v in verifications for at in v.failed_at]
    began = max((at for at in failed_at if at < end.timestamp()), default=None)
    if began is not None:
        title = _("Locked: no code is compared until %(time)s") % {"time": moment(end)}
        yield Event(datetime.fromtimestamp(began, UTC), title, "bad")


def of_refusal(refusal: Refusal) -> Event:
    title = words.REFUSED.get(refusal.action, refusal.action)
    note = words.WHY_REFUSED.get(refusal.code, "")
    details = [(_("purpose"), refusal.purpose), (_("reason"), refusal.code)]
    return Event(refusal.at, str(title), "bad", str(note), details)


def of_entry(entry: LogEntry, *, full: bool) -> Event:
    """What staff did to the number, as admin's history has it."""
    name = entry.user.get_username()
    details = [(_("by"), name if full else conceal(name))]
    title = acts.told(entry.get_change_message())
    return Event(entry.action_time, title, "odd", details=details)


def _known(details: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(label, value) for label, value in details if value not in {None, ""}]
