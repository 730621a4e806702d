"""What the app's own views have, for views of other packages that take codes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import (
    sensitive_post_parameters,
    sensitive_variables,
)

from sms_verification import reports, transactions

__all__ = ["for_codes"]


def for_codes(view: Callable[..., HttpResponse]) -> Any:
    """Keep a view out of ``ATOMIC_REQUESTS``, of caches and of error reports."""

    @wraps(view)
    def kept_safe(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        reports.keep_safe(request)
        try:
            return view(request, *args, **kwargs)
        finally:
            # A report is made after this. The view's own decorator may have narrowed it
            # to passwords, as dj-rest-auth's does.
            request.sensitive_post_parameters = "__ALL__"  # type: ignore[attr-defined]

    protected: Any = never_cache(transactions.outside(kept_safe))
    return sensitive_post_parameters()(sensitive_variables()(protected))
