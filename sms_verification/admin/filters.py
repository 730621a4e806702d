"""What lists can be narrowed to: known choices, and conditions that an index serves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sms_verification.conf import settings
from sms_verification.models import APPROVAL_LIFETIME, Outcome, Status

RECENT = timedelta(days=7)


class DayFilter(admin.SimpleListFilter):
    """The last days, or one day. Never all there is: other filters have no index."""

    title = _("day")
    parameter_name = "day"
    template = "admin/sms_verification/day_filter.html"
    column: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("today", _("Today")), ("yesterday", _("Yesterday"))]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        # The form that picks a day leaves the other filters as they are.
        others = changelist.get_filters_params().items()
        self.kept = [(k, v) for k, vs in others for v in vs if k != self.parameter_name]
        last_days, *days = super().choices(changelist)
        yield {**last_days, "display": _("Last 7 days"), "selected": not self.value()}
        yield from days

    def picked(self) -> str:
        """Return the day that was picked from the calendar, if one was."""
        value = self.value() or ""
        return "" if value in dict(self.lookup_choices) else value

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any] | None:
        if not self.value():
            since = timezone.now() - RECENT
            return queryset.filter(**{f"{self.column}__gte": since})
        day = self._day(str(self.value()))
        begin, end = _midnight(day), _midnight(day + timedelta(days=1))
        within = {f"{self.column}__gte": begin, f"{self.column}__lt": end}
        return queryset.filter(**within)

    def _day(self, value: str) -> date:
        today = timezone.localdate()
        named = {"today": today, "yesterday": today - timedelta(days=1)}
        try:
            day = named.get(value) or date.fromisoformat(value)
        except ValueError:
            raise IncorrectLookupParameters("Not a day.") from None
        if not 1970 <= day.year < 9999:
            raise IncorrectLookupParameters("Not a day of this age.")
        return day


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


class CreatedFilter(DayFilter):
    column = "created_at"


class RequestedFilter(DayFilter):
    column = "requested_at"


class _ChoiceFilter(admin.SimpleListFilter):
    """One of the choices that are offered, and nothing else."""

    def value(self) -> str | None:
        value = super().value()
        if value is not None and value not in dict(self.lookup_choices):
            raise IncorrectLookupParameters("Not one of the choices.")
        return value

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any] | None:
        value = self.value()
        return queryset if value is None else queryset.filter(self.condition(value))

    def condition(self, value: str) -> Q:
        return Q(**{str(self.parameter_name): value})


class StatusFilter(_ChoiceFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(value), label) for value, label in Status.choices]

    def condition(self, value: str) -> Q:
        return with_status(Status(value), timezone.now())


def with_status(status: Status, now: datetime) -> Q:
    """Return a status as conditions on columns, which cost less than its ``CASE``."""
    unused, unapproved = Q(used_at=None), Q(approved_at=None)
    fresh = Q(approved_at__gt=now - APPROVAL_LIFETIME)
    lapsed = Q(approved_at__lte=now - APPROVAL_LIFETIME)
    left, over = Q(checks_left__gt=0), Q(expires_at__lte=now)
    return {
        Status.USED: ~unused,
        Status.APPROVED: unused & fresh,
        Status.EXPIRED: unused & (lapsed | (unapproved & left & over)),
        Status.EXHAUSTED: unapproved & Q(checks_left=0),
        Status.PENDING: unapproved & left & Q(expires_at__gt=now),
    }[status]


class PurposeFilter(_ChoiceFilter):
    title = _("purpose")
    parameter_name = "purpose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, name) for name in settings.PURPOSES]


class ProviderFilter(_ChoiceFilter):
    title = _("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(alias, alias) for alias in settings.PROVIDERS]


class OutcomeFilter(_ChoiceFilter):
    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(value), label) for value, label in Outcome.choices]


class StandingFilter(_ChoiceFilter):
    title = _("what holds now")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("blocked", _("Blocked")), ("locked", _("Locked"))]

    def condition(self, value: str) -> Q:
        return Q(**{f"{value}_until__gt": timezone.now()})
