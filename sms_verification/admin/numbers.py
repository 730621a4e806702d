"""The list of numbers, the search, the timeline of one, and what may be done to it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sms_verification.accounts import LinkedAccounts, get_accounts
from sms_verification.admin import acts, pages, records, search, state
from sms_verification.admin.blocking import ACTIONS, Action, due, may_block
from sms_verification.admin.filters import StandingFilter
from sms_verification.admin.lists import ReadOnlyAdmin
from sms_verification.admin.masking import conceal, confidential, sees_numbers
from sms_verification.models import PhoneNumber, Verification, database


@admin.register(PhoneNumber)
class PhoneNumberAdmin(ReadOnlyAdmin):
    list_display = [
        "masked_number",
        "standing",
        "owner",
        "active",
        "failed_checks",
    ]
    list_filter = [StandingFilter]
    list_select_related = ["user"]
    ordering = ["-active_at"]

    @admin.display(description=gettext_lazy("number"))
    def masked_number(self, number: PhoneNumber) -> str:
        return number.masked

    @admin.display(description=gettext_lazy("number"))
    def full_number(self, number: PhoneNumber) -> str:
        return number.number

    @admin.display(description=gettext_lazy("user"))
    def owner(self, number: PhoneNumber) -> str:
        return conceal(str(number.user or ""))

    @admin.display(description=gettext_lazy("active at"))
    def active(self, number: PhoneNumber) -> str:
        return f"{timezone.localtime(number.active_at):%Y-%m-%d %H:%M}"

    @admin.display(description=gettext_lazy("what holds now"))
    def standing(self, number: PhoneNumber) -> str:
        now = timezone.now()
        held = [
            _("blocked") if number.is_blocked(now) else "",
            _("locked") if number.is_locked(now) else "",
        ]
        return ", ".join(filter(None, held))

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        columns = super().get_list_display(request)
        if isinstance(get_accounts(), LinkedAccounts):
            return columns
        # Elsewhere, each row's owner would be a statement of its own.
        return [c for c in columns if c != "owner"]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("search/", wrap(self.search_view), name="sms_verification_search"),
            *(
                path(
                    f"<path:object_id>/{name}/",
                    wrap(partial(self.action_view, name=name)),
                    name=f"sms_verification_{name.replace('-', '_')}",
                )
                for name in ACTIONS
            ),
        ]
        return [*own, *super().get_urls()]

    @confidential
    def search_view(self, request: HttpRequest) -> HttpResponse:
        """Lead to the number that was typed. What was typed stands in no address."""
        if not self.may_see_timeline(request):
            raise PermissionDenied
        finding = search.Finding()
        form = search.SearchForm(request.POST or None)
        if form.is_valid():
            finding = search.find(form.cleaned_data["text"], request)
        if finding.number_pk is not None:
            url = self.timeline_url(finding.number_pk, finding.attempt)
            return HttpResponseRedirect(url)
        context = {"title": _("Find a number"), "finding": finding}
        return pages.render(self.admin_site, request, "search", context)

    def place(self, row: PhoneNumber) -> str:
        return self.timeline_url(row.pk)

    @confidential
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what is known and what happened. Nothing can be changed here."""
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        number = self.find(request, object_id)
        first = self._first(number, request.GET.get("upto", ""))
        full, now = sees_numbers(request), timezone.now()
        read, days = records.page(number, first, full=full)
        context = {
            "title": pages.name_of(number, request),
            "number": number,
            "finding": search.Finding(),
            "owner": pages.owner_of(self.admin_site, number, request),
            "facts": list(state.facts(number, now)),
            "days": days,
            "older": read.older,
            "first": first,
            "actions": due(number, now) if may_block(request) else {},
            **(extra_context or {}),
        }
        return pages.render(self.admin_site, request, "timeline", context)

    @confidential
    def action_view(
        self, request: HttpRequest, object_id: str, name: str
    ) -> HttpResponse:
        """Ask for a reason, then do it."""
        number, action = self.find(request, object_id), ACTIONS[name]
        if not may_block(request):
            raise PermissionDenied
        back = self.timeline_url(number.pk)
        if not action.is_due(number, timezone.now()):
            messages.info(request, action.nothing_to_do)
            return HttpResponseRedirect(back)
        form = action.form(request.POST or None)
        if form.is_valid():
            self._run(request, number, action, form)
            return HttpResponseRedirect(back)
        context = {
            "title": f"{action.title}: {pages.name_of(number, request)}",
            "number": number,
            "action": action,
            "form": form,
        }
        return pages.render(self.admin_site, request, "action", context)

    def _run(
        self, request: HttpRequest, number: PhoneNumber, action: Action, form: Form
    ) -> None:
        # Together, or something could be done that is not on record.
        with transaction.atomic(using=database()):
            kept = action.run(number, form)
            self.log_change(request, number, kept)
        messages.success(request, acts.told(kept))

    def _first(self, number: PhoneNumber, upto: str) -> Verification | None:
        first = records.find_attempt(number, upto) if upto else None
        if upto and first is None:
            raise Http404
        return first
