"""Keeps what SDKs tell of a request out of logs, breadcrumbs and traces.

The code and the number are in each request, with Alibaba Cloud even in its address,
and the HTTP libraries beneath the SDKs log that at ``DEBUG``. Sentry and
OpenTelemetry record the address of every request that leaves.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

_sending = ContextVar("sms_verification_sending", default=False)

# A filter holds for its own logger, not for those beneath it.
_LOGGERS = (
    "darabonba-core",  # with DEBUG=sdk in the environment
    "tencentcloud_sdk_common",
    "urllib3.connectionpool",
)


class _Silence(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return not _sending.get()


_silence = _Silence()


@contextmanager
def quiet() -> Iterator[None]:
    """Let nobody watch the requests that the block makes, in this context alone."""
    for name in _LOGGERS:
        # Again and again, since a host's LOGGING may be set up in between. It is
        # added once.
        logging.getLogger(name).addFilter(_silence)
    token = _sending.set(True)
    try:
        with ExitStack() as stack:
            for context in (_unseen_by_sentry(), _unseen_by_opentelemetry()):
                stack.enter_context(context)
            yield
    finally:
        _sending.reset(token)


@contextmanager
def _unseen_by_sentry() -> Iterator[None]:
    sentry: Any = sys.modules.get("sentry_sdk")
    if sentry is None or not hasattr(sentry, "new_scope"):
        yield
        return
    with sentry.new_scope() as scope:
        scope.set_client(_deaf(sentry))
        yield


def _deaf(sentry: Any) -> Any:
    """Return a client that has no integration, so that none of them looks.

    It says that it is active, or Sentry would look for another.
    """

    class Deaf(sentry.client.BaseClient):  # type: ignore[misc]
        def is_active(self) -> bool:
            return True

    return Deaf()


@contextmanager
def _unseen_by_opentelemetry() -> Iterator[None]:
    instrumentation: Any = sys.modules.get("opentelemetry.instrumentation.utils")
    if instrumentation is None:
        yield
        return
    with instrumentation.suppress_instrumentation():
        yield
