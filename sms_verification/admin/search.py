"""From what staff type to the number it means. A number never stands in an address."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django_ratelimit.core import get_usage

from sms_verification import phone_numbers
from sms_verification.admin.masking import sees_numbers
from sms_verification.admin.state import takes_sms
from sms_verification.conf import settings
from sms_verification.exceptions import InvalidPhoneNumber
from sms_verification.models import PhoneNumber, Verification

logger = logging.getLogger("sms_verification")

# For who sees numbers masked. Nobody answers as many people in an hour, and to try all
# that one mask can hide takes a week.
SEARCHES = "60/h"


class SearchForm(forms.Form):
    text = forms.CharField(max_length=100, label=gettext_lazy("Phone number"))


@dataclass(frozen=True, slots=True)
class Finding:
    """The number that was found, and maybe its attempt; or why there is none."""

    number_pk: int | None = None
    attempt: UUID | None = None
    problem: str = ""
    # What was typed, where it is no number and may be mended.
    typed: str = field(default="", repr=False)


@sensitive_variables()
def find(text: str, request: HttpRequest) -> Finding:
    """Find a number by any of its spellings, or by the id of one of its attempts."""
    if attempt := _attempt(text):
        return attempt
    try:
        phone_number = phone_numbers.parse(text, settings.DEFAULT_REGION)
    except InvalidPhoneNumber:
        return Finding(problem=_not_a_number(), typed=text)
    if not sees_numbers(request) and _is_guessing(request):
        return Finding(
            problem=_("You have searched for too many numbers. Wait an hour.")
        )
    pks = PhoneNumber.objects.filter(number=phone_number).values_list("pk", flat=True)
    number_pk = pks.first()
    return Finding(number_pk) if number_pk else _unknown(phone_number)


def _attempt(text: str) -> Finding | None:
    try:
        pk = UUID(text.strip())
    except ValueError:
        return None
    rows = Verification.objects.filter(pk=pk).values_list("phone_number_id", flat=True)
    number_pk = rows.first()
    if number_pk is None:
        return Finding(problem=_("There is no attempt with this id."), typed=text)
    return Finding(number_pk, pk)


def _not_a_number() -> str:
    if settings.DEFAULT_REGION is None:
        return _(
            "This is no phone number that exists. Type it with its country code, as in"
            " +86 138 0013 8000."
        )
    return _(
        "This is no phone number that exists. Type one of another country with its"
        " country code, as in +44 7400 123456."
    )


def _is_guessing(request: HttpRequest) -> bool:
    """Count a search, found or not: either answer tells what a mask hides."""
    group = "sms_verification.search"
    try:
        usage = get_usage(
            request, group=group, key="user", rate=SEARCHES, increment=True
        )
    except Exception as error:  # each cache backend has its own
        # Closed, not open: a cache that is down must not lift a limit.
        logger.error("The search needs the cache: %s.", type(error).__name__)
        return True
    if usage is None or not usage["should_limit"]:
        return False
    who = request.user.pk
    logger.warning("Staff user %s searches for more numbers than %s.", who, SEARCHES)
    return True


@sensitive_variables()
def _unknown(phone_number: str) -> Finding:
    masked = {"number": phone_numbers.mask(phone_number)}
    problem = _("No code was ever sent to %(number)s.") % masked
    if not takes_sms(phone_number):
        problem = _("No SMS can be sent to numbers of the kind of %(number)s.") % masked
    return Finding(problem=problem)
