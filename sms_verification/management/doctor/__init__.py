"""What a host wants to know before it goes live, section by section."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from sms_verification.checks import SETTING_IDS, check_settings
from sms_verification.conf import settings
from sms_verification.management.doctor import providers, site
from sms_verification.management.doctor.lines import Line, Mark

__all__ = ["Line", "Mark", "examine"]

BAD_SETTINGS = {f"sms_verification.{number}" for number in SETTING_IDS.values()}


def examine(base: str) -> Iterator[tuple[str, Iterable[Line]]]:
    """Yield each section's title and lines. ``base`` is what vendors find us by."""
    found = check_settings()
    yield _("Settings"), site.settings_lines(found)
    if not {message.id for message in found}.isdisjoint(BAD_SETTINGS):
        return  # nothing more can be read from them
    yield _("Routes"), providers.route_lines()
    for alias in settings.PROVIDERS:
        title = _("Provider %(alias)r") % {"alias": alias}
        yield title, providers.lines(alias, base)
    yield _("Site"), site.lines()
