"""From an alias of ``SMS_VERIFICATION_PROVIDERS`` to the provider."""

from __future__ import annotations

import inspect
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from sms_verification.conf import settings
from sms_verification.exceptions import InvalidProvider
from sms_verification.providers.base import Provider

# By alias, with the entry it was built from: a client and its connections are kept
# between sends, and a changed setting builds anew.
_built: dict[str, tuple[dict[str, Any], Provider]] = {}


def get_provider(alias: str) -> Provider:
    """Return the provider, built at its first use. Raise ``InvalidProvider``."""
    try:
        entry = settings.PROVIDERS[alias]
    except KeyError:
        raise InvalidProvider("there is no such alias.", alias=alias) from None
    built_from, provider = _built.get(alias, (None, None))
    if provider is None or built_from != entry:
        provider = _build(alias, entry)
        _built[alias] = (entry, provider)
    return provider


def provider_class(alias: str, entry: Any) -> type[Provider]:
    """Return the class that ``BACKEND`` names. Raise ``InvalidProvider``."""
    if not isinstance(entry, dict) or not entry.keys() <= {"BACKEND", "OPTIONS"}:
        raise InvalidProvider("takes BACKEND and OPTIONS.", alias=alias)
    path = entry.get("BACKEND")
    if not isinstance(path, str):
        raise InvalidProvider("BACKEND is no dotted path.", alias=alias)
    try:
        backend = import_string(path)
    except ImportError as error:
        raise InvalidProvider(f"BACKEND: {error}", alias=alias) from error
    if not (isinstance(backend, type) and issubclass(backend, Provider)):
        raise InvalidProvider("BACKEND is no Provider.", alias=alias)
    if inspect.isabstract(backend):
        raise InvalidProvider("BACKEND has no send().", alias=alias)
    return backend


def check_options(alias: str, entry: dict[str, Any]) -> None:
    """Raise ``InvalidProvider`` for options that the constructor does not take."""
    takes = inspect.signature(provider_class(alias, entry))
    try:
        takes.bind(**entry.get("OPTIONS", {}))
    except TypeError as error:
        # It names the argument, never its value, which may be a key.
        raise InvalidProvider(f"OPTIONS: {error}.", alias=alias) from None


def _build(alias: str, entry: dict[str, Any]) -> Provider:
    check_options(alias, entry)
    try:
        return provider_class(alias, entry)(**entry.get("OPTIONS", {}))
    except (ImportError, ImproperlyConfigured) as error:
        raise InvalidProvider(str(error), alias=alias) from None
    except Exception as error:  # a provider may be anybody's
        # Its class alone: the text may hold what OPTIONS hold.
        raise InvalidProvider(type(error).__name__, alias=alias) from None
