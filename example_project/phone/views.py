from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from phone.messages import Sms, latest

View = Callable[[HttpRequest], HttpResponse]


def only_in_debug(view: View) -> View:
    """Answer as an address does that is none, wherever codes are secret."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        return view(request)

    return guarded


@only_in_debug
@require_safe
@never_cache
def phone(request: HttpRequest) -> HttpResponse:
    """Show the phone by itself."""
    return render(request, "phone/page.html")


@only_in_debug
@require_safe
@never_cache
def messages(_request: HttpRequest) -> HttpResponse:
    """Return what the phone shows, for its script and for programs."""
    return JsonResponse({"messages": [_as_json(sms) for sms in latest()]})


def _as_json(sms: Sms) -> dict[str, str]:
    return {
        "id": sms.id,
        "phone_number": sms.phone_number,
        "text": sms.text,
        "code": sms.code,
        "html": render_to_string("phone/sms.html", {"sms": sms}),
    }
