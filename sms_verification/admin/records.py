"""Reads what a timeline is made of: so many attempts, in so many statements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from sms_verification import refusals
from sms_verification.admin import timeline
from sms_verification.admin.timeline import Event
from sms_verification.models import Delivery, PhoneNumber, Verification

# Attempts on one page. What staff did meanwhile is not cut: each was typed by hand.
PAGE = 25


@dataclass(frozen=True, slots=True)
class Records:
    """One page of a number's past: what came after ``since`` and up to ``upto``."""

    number: PhoneNumber
    verifications: list[Verification]
    since: datetime | None
    upto: datetime | None
    # The first attempt of the next page.
    older: UUID | None

    def events(self, now: datetime, *, full: bool) -> Iterator[Event]:
        """Yield what happened, each attempt's events after one another."""
        for verification in self.verifications:
            yield from timeline.of_verification(verification, now, full=full)
        if self.upto is None:
            yield from timeline.of_lock(self.number, self.verifications)
        for refusal in refusals.recent(self.number.number):
            if self._covers(refusal.at):
                yield timeline.of_refusal(refusal)
        for entry in self._entries():
            yield timeline.of_entry(entry, full=full)

    def _covers(self, at: datetime) -> bool:
        later = self.since is None or at > self.since
        return later and (self.upto is None or at <= self.upto)

    def _entries(self) -> QuerySet[LogEntry]:
        model = ContentType.objects.get_for_model(PhoneNumber)
        entries = LogEntry.objects.filter(content_type=model, object_id=self.number.pk)
        if self.since is not None:
            entries = entries.filter(action_time__gt=self.since)
        if self.upto is not None:
            entries = entries.filter(action_time__lte=self.upto)
        return entries.select_related("user").order_by("-action_time")


def read(number: PhoneNumber, first: Verification | None) -> Records:
    """Read the page that begins with an attempt, or else with the newest."""
    rows = Verification.objects.filter(phone_number=number)
    if first is not None:
        rows = rows.filter(created_at__lte=first.created_at)
    deliveries = Delivery.objects.order_by("requested_at")
    rows = rows.prefetch_related(Prefetch("deliveries", deliveries))
    rows = rows.select_related("user").defer("salt", "key_id")
    page = list(rows.order_by("-created_at", "-id")[: PAGE + 1])
    beyond = page[PAGE] if len(page) > PAGE else None
    return Records(
        number,
        page[:PAGE],
        since=beyond.created_at if beyond else None,
        upto=first.created_at if first else None,
        older=beyond.pk if beyond else None,
    )


def find_attempt(number: PhoneNumber, pk: str) -> Verification | None:
    """Return one of the number's attempts."""
    try:
        rows = Verification.objects.filter(phone_number=number, pk=UUID(pk))
    except ValueError:
        return None
    return rows.defer("salt", "key_id").first()


def page(
    number: PhoneNumber, first: Verification | None, *, full: bool
) -> tuple[Records, list[timeline.Day]]:
    """Return a page of the number's past, and its days."""
    records = read(number, first)
    events = records.events(timezone.now(), full=full)
    return records, timeline.by_day(events)
