"""What can be told of a host's providers before anybody waits for an SMS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import metadata
from urllib.parse import urlsplit

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from sms_verification import registry, routes
from sms_verification.conf import settings
from sms_verification.providers.base import Provider
from sms_verification.types import Purpose

INVALID_PROVIDER = "sms_verification.E101"
DEVELOPMENT_PROVIDER = "sms_verification.E102"
CODE_TOO_LONG = "sms_verification.E103"
SDK_MISSING = "sms_verification.E106"
TLS_OFF = "sms_verification.E107"
TEMPLATE_MISSING = "sms_verification.W009"
IDS = {
    INVALID_PROVIDER,
    DEVELOPMENT_PROVIDER,
    CODE_TOO_LONG,
    SDK_MISSING,
    TLS_OFF,
    TEMPLATE_MISSING,
}

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}

Found = Iterator[checks.CheckMessage]


def check_providers(*, developing: bool) -> Found:
    """Report what is wrong with each alias."""
    for alias in settings.PROVIDERS:
        yield from check_provider(alias, developing=developing)


def check_provider(alias: str, *, developing: bool) -> Found:
    try:
        provider = registry.build(alias, settings.PROVIDERS[alias])
    except ImproperlyConfigured as error:
        yield checks.Error(str(error), id=INVALID_PROVIDER)
        return
    if not (developing or alias in settings.DEVELOPMENT_PROVIDERS):
        yield from _development(alias, provider)
    if not developing:
        yield from _tls(alias, provider)
    yield from _code_lengths(alias, provider)
    if alias in routes.aliases():
        yield from _sdk(alias, provider)
        yield from _templates(alias, provider)


def sdk_version(provider: Provider) -> str | None:
    """Return which version of its SDK is installed, if it is."""
    try:
        return metadata.version(provider.distribution)
    except metadata.PackageNotFoundError:
        return None


def without_template(provider: Provider, *, mainland: bool) -> Sequence[Purpose]:
    """Return the purposes whose codes it cannot word, for numbers there."""
    return [
        purpose
        for purpose in settings.PURPOSES.values()
        if not provider.has_template(purpose.name, mainland=mainland)
    ]


def _development(alias: str, provider: Provider) -> Found:
    if provider.for_development:
        yield checks.Error(
            f"The provider {alias!r} ({type(provider).__name__}) sends no SMS to"
            " anybody.",
            hint=(
                "Name a vendor's in SMS_VERIFICATION_PROVIDERS, or allow this one by"
                f" SMS_VERIFICATION_DEVELOPMENT_PROVIDERS = [{alias!r}]."
            ),
            id=DEVELOPMENT_PROVIDER,
        )


def _tls(alias: str, provider: Provider) -> Found:
    url = urlsplit(provider.url)
    if url.scheme == "http" and url.hostname not in _LOOPBACK:
        # The host alone: the rest may hold a password.
        yield checks.Error(
            f"The provider {alias!r} sends codes and keys to {url.hostname} without"
            " encryption.",
            hint="Let it send by https.",
            id=TLS_OFF,
        )


def _code_lengths(alias: str, provider: Provider) -> Found:
    for purpose in settings.PURPOSES.values():
        if purpose.code_length > provider.max_code_length:
            yield checks.Error(
                f"The provider {alias!r} carries codes of {provider.max_code_length}"
                f" digits, and {purpose.name!r} has {purpose.code_length}.",
                id=CODE_TOO_LONG,
            )


def _sdk(alias: str, provider: Provider) -> Found:
    if provider.distribution and sdk_version(provider) is None:
        yield checks.Error(
            f"The provider {alias!r} needs {provider.distribution}.",
            hint=provider.how_to_install(),
            id=SDK_MISSING,
        )


def _templates(alias: str, provider: Provider) -> Found:
    """A region without any template may be meant: ``sms_doctor`` tells of that."""
    for mainland in routes.regions(alias):
        missing = without_template(provider, mainland=mainland)
        if 0 < len(missing) < len(settings.PURPOSES):
            names = ", ".join(repr(purpose.name) for purpose in missing)
            where = "in mainland China" if mainland else "outside of mainland China"
            yield checks.Warning(
                f"The provider {alias!r} has no template for {names} to numbers"
                f" {where}: such codes are not sent.",
                hint="Add a template for it, or one for 'default'.",
                id=TEMPLATE_MISSING,
            )
