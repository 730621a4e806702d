"""Staff read what happened. Numbers are masked, and no code exists to be shown."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sms_verification.models import Delivery, PhoneNumber, Status, Verification


class _ReadOnly:
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

    def lookup_allowed(
        self, lookup: str, value: str, request: HttpRequest | None = None
    ) -> bool:
        # ?number__startswith= in the address would tell a number digit by digit.
        return False


class DeliveryInline(_ReadOnly, admin.TabularInline):  # type: ignore[type-arg]  # not at run time
    model = Delivery
    fields = [
        "requested_at",
        "provider",
        "outcome",
        "reason",
        "vendor_code",
        "duration",
    ]
    extra = 0


@admin.register(Verification)
class VerificationAdmin(_ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # not at run time
    list_display = [
        "created_at",
        "masked_number",
        "purpose",
        "derived_status",
        "checks_left",
    ]
    list_select_related = ["phone_number"]
    show_full_result_count = False
    ordering = ["-created_at"]
    inlines = [DeliveryInline]
    fields = [
        "masked_number",
        "purpose",
        "derived_status",
        "checks_left",
        "created_at",
        "expires_at",
        "approved_at",
        "used_at",
        "user",
        "address",
        "user_agent",
        "language",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Verification]:
        rows = Verification.objects.with_status(timezone.now())
        return rows.select_related("phone_number")

    @admin.display(description=_("phone number"))
    def masked_number(self, verification: Verification) -> str:
        return verification.phone_number.masked

    @admin.display(description=_("status"))
    def derived_status(self, verification: Any) -> str:
        return str(Status(verification.derived_status).label)


@admin.register(PhoneNumber)
class PhoneNumberAdmin(_ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # not at run time
    list_display = ["masked", "user", "verified_at", "active_at", "failed_checks"]
    list_select_related = ["user"]
    show_full_result_count = False
    ordering = ["-active_at"]
    fields = [
        "masked",
        "user",
        "verified_at",
        "active_at",
        "failed_checks",
        "locked_until",
        "blocked_until",
        "block_reason",
    ]

    @admin.display(description=_("number"))
    def masked(self, number: PhoneNumber) -> str:
        return number.masked
