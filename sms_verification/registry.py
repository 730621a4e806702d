"""From an alias of ``SMS_VERIFICATION_PROVIDERS`` to the provider."""

from __future__ import annotations

import inspect
import logging
import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables

from sms_verification import routes
from sms_verification.conf import settings
from sms_verification.exceptions import InvalidProvider
from sms_verification.providers.base import Provider

logger = logging.getLogger("sms_verification")

# By process and alias, with the entry it was built from: a client and its connections
# are kept between sends, and a changed setting builds anew. A child of ``fork`` that
# wrote to its parent's connections would mix its SMS with theirs. It keeps what it
# got, untouched: to drop it might end connections that the parent still has.
_built: dict[tuple[int, str], tuple[dict[str, Any], Provider]] = {}


@sensitive_variables()
def get_provider(alias: str) -> Provider:
    """Return the provider, built at its first use. Raise ``InvalidProvider``."""
    try:
        entry = settings.PROVIDERS[alias]
    except KeyError:
        raise InvalidProvider("there is no such alias.", alias=alias) from None
    key = (os.getpid(), alias)
    built_from, provider = _built.get(key, (None, None))
    if provider is None or built_from != entry:
        provider = build(alias, entry)
        _built[key] = (entry, provider)
    return provider


def prepare() -> None:
    """Build every provider that a route leads to, and let it do its slow work now.

    Otherwise the first person pays for it: an SDK takes up to a second to import. Call
    it where a process begins to serve: in gunicorn's ``post_worker_init``, in ``wsgi.py``
    or ``asgi.py`` behind ``get_wsgi_application()``. A provider that fails is logged and
    keeps no other from being prepared.
    """
    for alias in routes.aliases():
        try:
            get_provider(alias).prepare()
        except ImproperlyConfigured as error:  # its author's words for the host
            logger.error("Provider %s is not prepared: %s", alias, error)
        except Exception as error:  # a provider may be anybody's
            # Its class alone: texts of SDKs hold keys.
            name = type(error).__name__
            logger.error("Provider %s is not prepared: %s.", alias, name)


@sensitive_variables()
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


@sensitive_variables()
def check_options(alias: str, entry: dict[str, Any]) -> None:
    """Raise ``InvalidProvider`` for options that the constructor does not take."""
    takes = inspect.signature(provider_class(alias, entry))
    try:
        takes.bind(**entry.get("OPTIONS", {}))
    except TypeError as error:
        # It names the argument, never its value, which may be a key.
        raise InvalidProvider(f"OPTIONS: {error}.", alias=alias) from None


@sensitive_variables()
def build(alias: str, entry: dict[str, Any]) -> Provider:
    """Return a provider of one's own. Raise ``InvalidProvider``."""
    check_options(alias, entry)
    try:
        return provider_class(alias, entry)(**entry.get("OPTIONS", {}))
    except (ImportError, ImproperlyConfigured) as error:
        raise InvalidProvider(str(error), alias=alias) from None
    except Exception as error:  # a provider may be anybody's
        # Its class alone: the text may hold what OPTIONS hold.
        raise InvalidProvider(type(error).__name__, alias=alias) from None
