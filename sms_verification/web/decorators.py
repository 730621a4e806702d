"""For a host's views that a stolen session must not get through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url

from sms_verification import sessions

__all__ = ["verification_required"]

# Of a coroutine function too.
View = Callable[..., Any]


def verification_required(
    purpose: str,
    within: timedelta = timedelta(minutes=10),
    confirm_url: str = "phone_confirm",
) -> Callable[[View], View]:
    """Demand that the signed-in user has lately proved the own number.

    Who has not is led to ``confirm_url``, the page that sends a code for the purpose,
    and back from there. What was posted is not posted again.
    """

    def elsewhere(request: HttpRequest) -> HttpResponse | None:
        if sessions.is_verified(request, purpose, within):
            return None
        after = urlencode({"next": request.get_full_path()})
        url = resolve_url(confirm_url, purpose=purpose)
        return HttpResponseRedirect(f"{url}?{after}")

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return elsewhere(request) or view(request, *args, **kwargs)

        @wraps(view)
        async def aguarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            to = await sync_to_async(elsewhere)(request)
            return to or await view(request, *args, **kwargs)

        return login_required(aguarded if iscoroutinefunction(view) else guarded)

    return decorate
