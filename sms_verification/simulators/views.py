"""The simulated vendors over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from sms_verification.simulators.simulator import simulator

_View = Callable[[HttpRequest], HttpResponse]


def _simulated(view: _View) -> _View:
    """Hide the view in production: it would take an SMS that nobody receives."""

    @csrf_exempt
    @login_not_required
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        asked_for = getattr(settings, "SMS_VERIFICATION_SIMULATORS", False)
        if request.method != "POST" or not (settings.DEBUG or asked_for is True):
            raise Http404
        return view(request)

    return guarded


@_simulated
def gateway(request: HttpRequest) -> HttpResponse:
    """Alibaba Cloud's hosts and Tencent Cloud's, told apart by their headers."""
    action = request.headers.get("x-acs-action")
    if action in simulator.dypns.actions():
        return simulator.dypns.answer(request)
    if action is not None:
        return simulator.aliyun.answer(request)
    return simulator.tencent.answer(request)


@_simulated
def twilio_messages(request: HttpRequest) -> HttpResponse:
    return simulator.twilio.answer(request)
