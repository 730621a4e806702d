from __future__ import annotations

from collections.abc import Iterator

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from sms_verification.management.doctor.lines import Line, fine, note
from sms_verification.providers.base import Provider
from sms_verification.receipts import paths


def receipt_lines(alias: str, provider: Provider, base: str) -> Iterator[Line]:
    """Tell what to paste into the vendor's console. The secret in it is meant for it."""
    if type(provider).read_push is Provider.read_push:
        return
    try:
        path = reverse(
            "sms_verification:receipts", args=[alias, paths.current_secret(alias)]
        )
    except NoReverseMatch:
        yield note(
            _("Its receipts come nowhere: no URL is theirs."),
            "path('sms/', include('sms_verification.urls'))",
        )
        return
    yield fine(_("Receipts go to %(address)s") % {"address": f"{base}{path}"})
    if not base:
        yield note(_("Name the host in front of it by --base https://example.com."))
