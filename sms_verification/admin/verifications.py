from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sms_verification.admin.filters import CreatedFilter, PurposeFilter, StatusFilter
from sms_verification.admin.lists import ReadOnlyAdmin, short
from sms_verification.models import Status, Verification


@admin.register(Verification)
class VerificationAdmin(ReadOnlyAdmin):
    list_display = [
        "created",
        "masked_number",
        "purpose",
        "derived_status",
        "checks_left",
        "address",
    ]
    list_filter = [CreatedFilter, StatusFilter, PurposeFilter]
    list_select_related = ["phone_number"]
    ordering = ["-created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Verification]:
        rows = Verification.objects.with_status(timezone.now())
        return rows.defer("salt", "key_id")

    @admin.display(description=_("phone number"))
    def masked_number(self, verification: Verification) -> str:
        return verification.phone_number.masked

    @admin.display(description=_("phone number"))
    def full_number(self, verification: Verification) -> str:
        return verification.phone_number.number

    @admin.display(description=_("created at"))
    def created(self, verification: Verification) -> str:
        return short(verification.created_at)

    @admin.display(description=_("status"))
    def derived_status(self, verification: Any) -> str:
        return str(Status(verification.derived_status).label)

    def place(self, row: Verification) -> str:
        return self.timeline_url(row.phone_number_id, row.pk)
