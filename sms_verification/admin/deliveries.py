from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from sms_verification.admin.filters import (
    OutcomeFilter,
    ProviderFilter,
    RequestedFilter,
)
from sms_verification.admin.lists import ReadOnlyAdmin, short
from sms_verification.models import Delivery


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    # What else is known stands in the timeline; these are as many as a page is wide.
    list_display = [
        "requested",
        "masked_number",
        "provider",
        "outcome",
        "receipt",
        "why",
    ]
    list_filter = [RequestedFilter, OutcomeFilter, ProviderFilter]
    ordering = ["-requested_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows = super().get_queryset(request)
        rows = rows.select_related("verification__phone_number")
        return rows.defer("verification__salt", "verification__key_id")

    @admin.display(description=_("phone number"))
    def masked_number(self, delivery: Delivery) -> str:
        return delivery.verification.phone_number.masked

    @admin.display(description=_("phone number"))
    def full_number(self, delivery: Delivery) -> str:
        return delivery.verification.phone_number.number

    @admin.display(description=_("requested at"))
    def requested(self, delivery: Delivery) -> str:
        return short(delivery.requested_at)

    @admin.display(description=_("reason"))
    def why(self, delivery: Delivery) -> str:
        return " · ".join(filter(None, [delivery.reason, delivery.vendor_code]))

    def place(self, row: Delivery) -> str:
        attempt = row.verification
        return self.timeline_url(attempt.phone_number_id, attempt.pk, f"d-{row.pk}")
