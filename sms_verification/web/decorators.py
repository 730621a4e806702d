"""For a host's views that a stolen session must not get through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url

from sms_verification import sessions

__all__ = ["verification_required"]

View = Callable[..., HttpResponse]


def verification_required(
    purpose: str,
    within: timedelta = timedelta(minutes=10),
    confirm_url: str = "phone_confirm",
) -> Callable[[View], View]:
    """Demand that the signed-in user has lately proved the own number.

    Who has not is led to ``confirm_url``, the page that sends a code for the purpose,
    and back from there. What was posted is not posted again.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if sessions.is_verified(request, purpose, within):
                return view(request, *args, **kwargs)
            after = urlencode({"next": request.get_full_path()})
            url = resolve_url(confirm_url, purpose=purpose)
            return HttpResponseRedirect(f"{url}?{after}")

        return login_required(guarded)

    return decorate
