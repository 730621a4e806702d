"""What Django's error report shows of the requests that bring codes and numbers.

Django hides what is marked as sensitive where ``DEBUG`` is off. Its technical page is
shown where that is on by mistake too, and a code in it is a code in a browser's tab.
"""

from __future__ import annotations

import copy

from django.http import HttpRequest
from django.views.debug import get_default_exception_reporter_filter

__all__ = ["keep_safe"]


def keep_safe(request: HttpRequest) -> None:
    """Hide what is sensitive of this request, and of all that it runs."""
    # The host's own filter, active whatever DEBUG is.
    safe = copy.copy(get_default_exception_reporter_filter())
    safe.is_active = _always  # type: ignore[method-assign]
    request.exception_reporter_filter = safe


def _always(request: HttpRequest | None) -> bool:  # noqa: ARG001
    return True
