from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sms_verification import breaker, provider_checks, registry, routes
from sms_verification.conf import settings
from sms_verification.management.doctor.lines import (
    Line,
    Mark,
    fine,
    note,
    told,
)
from sms_verification.management.doctor.receipts import receipt_lines
from sms_verification.notices import PHONE_CHANGED
from sms_verification.providers.base import Provider
from sms_verification.providers.parts import parts
from sms_verification.providers.text import text
from sms_verification.types import Purpose, SmsMessage

_ALL = {
    True: gettext_lazy("Codes for every purpose can go to mainland China."),
    False: gettext_lazy("Codes for every purpose can go outside of mainland China."),
}
_NONE = {
    True: gettext_lazy("No code can go to mainland China: it has no template for it."),
    False: gettext_lazy(
        "No code can go outside of mainland China: it has no template for it."
    ),
}


def route_lines() -> Iterator[Line]:
    found = routes.by_prefix()
    for prefix in sorted(found, key=len, reverse=True):
        yield fine(f"{prefix}: {', '.join(found[prefix])}")
        if not any(_tells_of_changes(alias, prefix) for alias in found[prefix]):
            yield note(
                _("Nobody tells a number of %(prefix)s that its account has left it.")
                % {"prefix": prefix},
                _("Give a provider a template for %(name)s.") % {"name": PHONE_CHANGED},
            )
    if "+" not in found:
        yield note(_("Other numbers get no SMS: no route is for them."))


def _tells_of_changes(alias: str, prefix: str) -> bool:
    try:
        provider = registry.get_provider(alias)
    except ImproperlyConfigured:
        return False  # told with the provider
    mainland = prefix.startswith(routes.MAINLAND)
    return provider.has_notice(PHONE_CHANGED, mainland=mainland)


def lines(alias: str, base: str) -> Iterator[Line]:
    """Tell what is known of one provider, what is missing first."""
    for message in provider_checks.check_provider(alias, developing=False):
        # A warning to who may never use the purpose. Whoever does gets no code.
        missing = message.id == provider_checks.TEMPLATE_MISSING
        yield told(message, failing=missing)
    try:
        provider = registry.build(alias, settings.PROVIDERS[alias])
    except ImproperlyConfigured:
        return  # told above
    yield fine(settings.PROVIDERS[alias]["BACKEND"])
    yield from _sdk(provider)
    if alias not in routes.aliases():
        yield note(_("No route leads to it."))
        return
    yield from _regions(alias, provider)
    yield from _lengths(provider)
    yield from map(note, provider.findings(list(settings.PURPOSES.values())))
    yield from receipt_lines(alias, provider, base)
    if breaker.left_out([alias]):
        yield note(_("It failed of late: where a route has another, it is asked last."))


def _sdk(provider: Provider) -> Iterator[Line]:
    version = provider.distribution and provider_checks.sdk_version(provider)
    if version:
        yield fine(f"{provider.distribution} {version}")


def _regions(alias: str, provider: Provider) -> Iterator[Line]:
    regions = routes.regions(alias)
    for mainland in regions:
        missing = provider_checks.without_template(provider, mainland=mainland)
        if not missing:
            yield fine(str(_ALL[mainland]))
        elif len(missing) == len(settings.PURPOSES):
            # Half of the world may be left out on purpose, both halves not.
            mark = Mark.NOTE if len(regions) > 1 else Mark.FAILS
            hint = _("Give it templates for it, or route its numbers elsewhere.")
            yield Line(mark, str(_NONE[mainland]), hint)


def _lengths(provider: Provider) -> Iterator[Line]:
    """Name the languages in which one code costs two SMS or more."""
    if not provider.takes_text:
        return
    dear = [
        language
        for language, _name in django_settings.LANGUAGES
        if any(_parts(provider, p, language) > 1 for p in settings.PURPOSES.values())
    ]
    if dear:
        yield note(
            _("A code costs two SMS or more in: %(languages)s.")
            % {"languages": ", ".join(dear)},
            _("Shorten the translation, or do without an origin."),
        )
    else:
        yield fine(_("A code is one SMS in every language of LANGUAGES."))


def _parts(provider: Provider, purpose: Purpose, language: str) -> int:
    message = SmsMessage(
        phone_number="",
        code="0" * purpose.code_length,
        purpose=purpose.name,
        lifetime=settings.CODE_LIFETIME,
        language=language,
        delivery_id="",
    )
    return parts(text(message, provider.origin))
