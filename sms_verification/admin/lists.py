"""Lists that open fast on millions of rows, and tell no number by what they hold."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from sms_verification.admin.masking import confidential, sees_numbers
from sms_verification.admin.search import Finding
from sms_verification.models import PhoneNumber

# Twenty pages. Who looks for more has a filter to set.
MOST_ROWS = 1000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # not at run time
    """Counts no further than what it has pages for."""

    @cached_property
    def count(self) -> int:
        return min(self._seen, MOST_ROWS)

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than it shows."""
        return self._seen > MOST_ROWS

    @cached_property
    def _seen(self) -> int:
        # In order, or the planner may read the table from its other end.
        rows = cast("QuerySet[Any]", self.object_list).values("pk")
        return rows[: MOST_ROWS + 1].count()


class FixedOrder(ChangeList):
    """Is in one order, whatever the address asks for: others have no index."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        self.params.pop(ORDER_VAR, None)
        return super().get_ordering(request, queryset)


def short(at: datetime) -> str:
    """Return a time for a narrow column, where the filter tells the year."""
    return f"{timezone.localtime(at):%m-%d %H:%M}"


def _names(list_filter: Any, lookup: str) -> bool:
    """Whether a lookup is of one of admin's filters, in any way of naming those."""
    if isinstance(list_filter, type):
        return lookup == getattr(list_filter, "parameter_name", None)
    field = list_filter if isinstance(list_filter, str) else list_filter[0]
    return lookup == field or lookup.startswith(f"{field}__")


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not at run time
    """A list whose rows lead to the timeline of their number."""

    actions = None
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()

    def has_add_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # ?number__startswith= in the address would tell a number digit by digit.
        named = any(_names(f, lookup) for f in self.list_filter)
        return named and super().lookup_allowed(lookup, value, request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return FixedOrder

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        if not sees_numbers(request):
            return list(self.list_display)
        return ["full_number" if c == "masked_number" else c for c in self.list_display]

    def get_list_display_links(  # type: ignore[override]  # None: no links
        self, request: HttpRequest, list_display: Any
    ) -> list[Any] | None:
        return list_display[:1] if self.may_see_timeline(request) else None

    @confidential
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more = {"may_search": self.may_see_timeline(request), "finding": Finding()}
        more.update(extra_context or {})
        return super().changelist_view(request, more)

    @confidential
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Lead to the row in the timeline of its number."""
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        return HttpResponseRedirect(self.place(self.find(request, object_id)))

    @confidential
    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Lead there too. Admin's own page would show what a timeline masks."""
        return HttpResponseRedirect(self.place(self.find(request, object_id)))

    @abstractmethod
    def place(self, row: Any) -> str:
        """Return the address of a row in the timeline of its number."""

    def find(self, request: HttpRequest, object_id: str) -> Any:
        """Return a row, for who may see its timeline."""
        if not self.may_see_timeline(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            # Not Django's message, which would keep what stands in the address.
            raise Http404
        return row

    def may_see_timeline(self, request: HttpRequest) -> bool:
        """A timeline shows rows of all three tables, in the admin of numbers."""
        return self.admin_site.is_registered(PhoneNumber) and request.user.has_perms(
            [
                "sms_verification.view_phonenumber",
                "sms_verification.view_verification",
                "sms_verification.view_delivery",
            ]
        )

    def timeline_url(
        self, number_pk: int, attempt: UUID | None = None, anchor: str = ""
    ) -> str:
        """Return the address of a timeline, or of one attempt in it."""
        url = reverse(
            "admin:sms_verification_phonenumber_change",
            args=[number_pk],
            current_app=self.admin_site.name,
        )
        return f"{url}?upto={attempt}#{anchor or f'v-{attempt}'}" if attempt else url
