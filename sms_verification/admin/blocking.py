"""What staff may do to a number, each with a reason and on record in admin's history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from sms_verification import blocks
from sms_verification.admin import acts
from sms_verification.admin.masking import conceal
from sms_verification.admin.state import UNTIL_LIFTED
from sms_verification.models import PhoneNumber

# That of the column.
REASON_LENGTH = 200

DURATIONS: dict[str, tuple[timedelta | None, Any]] = {
    "hour": (timedelta(hours=1), gettext_lazy("1 hour")),
    "day": (timedelta(days=1), gettext_lazy("1 day")),
    "week": (timedelta(days=7), gettext_lazy("7 days")),
    "month": (timedelta(days=30), gettext_lazy("30 days")),
    "lifted": (None, gettext_lazy("until it is lifted")),
}


class ReasonForm(forms.Form):
    """Why. It is kept, so a number that is typed here is masked."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH,
        widget=forms.TextInput({"class": "vTextField"}),
        help_text=gettext_lazy("Kept in the history. Phone numbers in it are masked."),
    )

    def clean_reason(self) -> str:
        # Normalized, a letter may be longer than it was.
        return conceal(self.cleaned_data["reason"])[:REASON_LENGTH]


class BlockForm(ReasonForm):
    duration = forms.ChoiceField(
        label=pgettext_lazy("how long", "For"),
        choices=[(name, label) for name, (_length, label) in DURATIONS.items()],
        initial="day",
    )
    field_order = ["duration", "reason"]

    def until(self, now: datetime) -> datetime:
        length, _label = DURATIONS[self.cleaned_data["duration"]]
        return UNTIL_LIFTED if length is None else now + length


@dataclass(frozen=True, slots=True)
class Action:
    """One of the things that can be done, and what is said of it."""

    form: type[ReasonForm]
    title: Any
    explanation: Any
    # Does what the form says, and returns what admin's history keeps of it.
    run: Callable[[PhoneNumber, Any], str]
    # What the number must be, or else there is nothing to do.
    only_if: Callable[[PhoneNumber, datetime], bool] | None = None
    nothing_to_do: Any = ""

    def is_due(self, number: PhoneNumber, now: datetime) -> bool:
        return self.only_if is None or self.only_if(number, now)


def _block(number: PhoneNumber, form: BlockForm) -> str:
    end, reason = form.until(timezone.now()), form.cleaned_data["reason"]
    blocks.block(number, end, reason)
    return acts.kept("block", reason, end)


def _unblock(number: PhoneNumber, form: ReasonForm) -> str:
    blocks.unblock(number)
    return acts.kept("unblock", form.cleaned_data["reason"])


def _lift_lock(number: PhoneNumber, form: ReasonForm) -> str:
    blocks.lift_lock(number)
    return acts.kept("lift-lock", form.cleaned_data["reason"])


ACTIONS: dict[str, Action] = {
    "block": Action(
        BlockForm,
        gettext_lazy("Block"),
        gettext_lazy(
            "No SMS is sent to the number and no code of it is compared. The person is"
            " told to try again later, and not that the number is blocked."
        ),
        _block,
    ),
    "unblock": Action(
        ReasonForm,
        gettext_lazy("Unblock"),
        gettext_lazy("SMS can be sent to the number again, as its limits allow."),
        _unblock,
        PhoneNumber.is_blocked,
        gettext_lazy("The number is not blocked."),
    ),
    "lift-lock": Action(
        ReasonForm,
        gettext_lazy("Lift lock"),
        gettext_lazy(
            "Codes of the number are compared again. The count of wrong codes stands,"
            " so a few more lock it again, and for longer."
        ),
        _lift_lock,
        PhoneNumber.is_locked,
        gettext_lazy("The number is not locked."),
    ),
}


def may_block(request: HttpRequest) -> bool:
    return request.user.has_perm("sms_verification.block_phonenumber")


def due(number: PhoneNumber, now: datetime) -> dict[str, Action]:
    """Return what can be done to the number as it stands."""
    return {name: a for name, a in ACTIONS.items() if a.is_due(number, now)}
