"""What the pages of one number have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from sms_verification.accounts import get_accounts
from sms_verification.admin.masking import conceal, sees_numbers, shown
from sms_verification.models import PhoneNumber

_FOLDER = "admin/sms_verification"


def render(
    site: AdminSite, request: HttpRequest, template: str, context: dict[str, Any]
) -> HttpResponse:
    """Return a page in the frame of admin."""
    options = PhoneNumber._meta  # noqa: SLF001  # its public name
    frame = {**site.each_context(request), "opts": options, "subtitle": None}
    template = f"{_FOLDER}/{template}.html"
    return TemplateResponse(request, template, {**frame, **context})


def name_of(number: PhoneNumber, request: HttpRequest) -> str:
    return shown(number, full=sees_numbers(request))


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose number it is, as far as the reader may know, with the user's page."""

    name: str = ""
    url: str = ""


def owner_of(site: AdminSite, number: PhoneNumber, request: HttpRequest) -> Owner:
    user: Any = get_accounts().find(number)
    model = get_user_model()
    if user is None:
        return Owner()
    name = str(user) if sees_numbers(request) else conceal(str(user))
    if not site.is_registered(model):
        return Owner(name)
    if not site.get_model_admin(model).has_view_permission(request, user):
        return Owner(name)
    options = model._meta  # noqa: SLF001  # its public name
    view = f"admin:{options.app_label}_{options.model_name}_change"
    return Owner(name, reverse(view, args=[user.pk], current_app=site.name))
