"""The vendors' SDKs are extras, imported when they are used."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from sms_verification.providers.base import Provider


def load(provider: Provider, module: str) -> Any:
    """Return a module of the provider's SDK. Raise ``ImproperlyConfigured``."""
    try:
        return import_module(module)
    except ImportError:
        raise ImproperlyConfigured(
            f"{provider.distribution} is needed: {provider.how_to_install()}"
        ) from None


def check_key(name: str, value: str | None) -> None:
    """Raise ``ImproperlyConfigured`` for what can be no key, without telling it.

    An unset variable is empty, and a key from a file ends in a newline: both would fail
    deep in an SDK, in words that say nothing of keys.
    """
    if value is not None and not re.fullmatch(r"[!-~]+", value):
        raise ImproperlyConfigured(f"OPTIONS: {name} is empty, or has spaces in it.")


def address(protocol: str, endpoint: str) -> str:
    """Return where an SDK sends to. Raise ``ImproperlyConfigured``."""
    if protocol not in {"https", "http"}:
        raise ImproperlyConfigured("OPTIONS: protocol is 'https' or 'http'.")
    if not re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]+)?", endpoint):
        raise ImproperlyConfigured("OPTIONS: an endpoint is a host, or a host:port.")
    return f"{protocol}://{endpoint}"
