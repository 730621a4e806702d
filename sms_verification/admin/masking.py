"""Who sees full numbers, and how they are kept from everybody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import (
    sensitive_post_parameters,
    sensitive_variables,
)

from sms_verification import phone_numbers, reports
from sms_verification.models import PhoneNumber

# Whatever is no letter may part the digits. No number that exists has less than seven.
# A date is left alone.
_DATE_OR_NUMBER = re.compile(
    r"(?P<date>\b20\d\d-\d\d-\d\d(?!\d))|\+?\d(?:[\W_]*\d){6,}"
)


def confidential(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let no report of a crash in the view or in its page tell what they hold."""

    @method_decorator(sensitive_post_parameters())
    @wraps(view)
    def run(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        reports.keep_safe(request)
        # Not by Django's decorator, which loses sight of what a generator calls.
        safe: Any = request.exception_reporter_filter
        safe.get_traceback_frame_variables = _no_variables
        return view(self, request, *args, **kwargs)

    return run


def _no_variables(request: HttpRequest, frame: FrameType) -> list[Any]:  # noqa: ARG001
    return []


def sees_numbers(request: HttpRequest) -> bool:
    return request.user.has_perm("sms_verification.view_full_number")


def shown(number: PhoneNumber, *, full: bool) -> str:
    return number.number if full else number.masked


@sensitive_variables()
def conceal(text: str) -> str:
    """Mask all that could be a phone number: people name users by theirs."""
    return _DATE_OR_NUMBER.sub(_concealed, phone_numbers.fold(text))


@sensitive_variables()
def _concealed(found: re.Match[str]) -> str:
    if found["date"]:
        return found[0]
    return phone_numbers.mask(re.sub(r"[^\d+]", "", found[0]))
