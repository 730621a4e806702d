"""The countries that a number can be of, as a person picks one."""

from __future__ import annotations

from unicodedata import combining, normalize

from django.utils.translation import get_language, to_locale
from phonenumbers import SUPPORTED_REGIONS, country_code_for_region

from sms_verification.conf import settings

try:
    from babel import Locale, UnknownLocaleError
except ImportError as error:
    raise ImportError(
        "The pages of sms_verification name countries by Babel:"
        " pip install 'django-sms-verification[pages]'"
    ) from error

__all__ = ["choices"]


def choices() -> list[tuple[str, str]]:
    """Return regions with name and calling code, the host's own region first."""
    locale = _locale()
    named = [(_name(region, locale), region) for region in _served()]
    named.sort(key=lambda pair: (pair[1] != settings.DEFAULT_REGION, _order(pair[0])))
    return [(r, f"{name} +{country_code_for_region(r)}") for name, r in named]


def _served() -> list[str]:
    """Return the regions that a route of the host's leads to, or to a part of."""
    return [r for r in SUPPORTED_REGIONS if any(_meet(r, p) for p in settings.ROUTES)]


def _meet(region: str, prefix: str) -> bool:
    code = f"+{country_code_for_region(region)}"
    return code.startswith(prefix) or prefix.startswith(code)


def _locale() -> Locale:
    try:
        return Locale.parse(to_locale(get_language() or "en"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def _name(region: str, locale: Locale) -> str:
    return str(locale.territories.get(region, region))


def _order(name: str) -> bytes:
    # GB 18030 has the common Chinese characters by their sound, and Latin ones as
    # they are, but for accents: "Åland" belongs under A.
    plain = "".join(c for c in normalize("NFD", name) if not combining(c))
    return plain.casefold().encode("gb18030")
