"""The middleware's own check, for pages that answer a refused form themselves."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import decorator_from_middleware

__all__ = ["checked", "is_refused"]

# The attribute of a request that tells the view of a form that it does not see.
_REFUSED = "sms_verification_form_refused"


class AsGet(CsrfViewMiddleware):
    """Hands the view a form without a valid token as if the page was only asked for.

    So nothing that a subclass of the view does can act on it.
    """

    def process_view(self, request: HttpRequest, *args: Any) -> None:
        # Refused, it logs why and answers with an error page, which nobody sees.
        if super().process_view(request, *args) is not None:
            request.method, request.POST = "GET", QueryDict()
            setattr(request, _REFUSED, True)


checked = decorator_from_middleware(AsGet)


def is_refused(request: HttpRequest) -> bool:
    """Whether the request was a form without a valid token."""
    return hasattr(request, _REFUSED)
