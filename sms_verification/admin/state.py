"""What holds for a number now, as staff are told it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_variables

from sms_verification import limits, phone_numbers
from sms_verification.conf import settings
from sms_verification.exceptions import InvalidPhoneNumber
from sms_verification.models import PhoneNumber

# A block that staff must lift. The column wants a time.
UNTIL_LIFTED = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fact:
    label: Any
    text: str
    is_trouble: bool = False


def facts(number: PhoneNumber, now: datetime) -> Iterator[Fact]:
    yield Fact(gettext_lazy("Proved"), _proved(number))
    yield _sending(number, now)
    yield _checking(number, now)
    if number.is_blocked(now):
        yield Fact(gettext_lazy("Block"), _block(number), is_trouble=True)
    if number.number in settings.TEST_NUMBERS:
        text = _("It is listed in the settings, and gets no SMS while that holds.")
        yield Fact(gettext_lazy("Test number"), text)


@sensitive_variables()
def takes_sms(phone_number: str) -> bool:
    try:
        return phone_numbers.takes_sms(phone_number)
    except InvalidPhoneNumber:
        # Kept from a time when libphonenumber took it for another one.
        return False


def moment(at: datetime) -> str:
    """Return a time to the second, as a pause is shorter than a minute."""
    local = timezone.localtime(at)
    return f"{formats.date_format(local, 'DATE_FORMAT')} {local:%H:%M:%S}"


def until(at: datetime) -> str:
    """Return the end of a block in words that follow "blocked"."""
    if at >= UNTIL_LIFTED:
        return _("until it is lifted")
    return _("until %(time)s") % {"time": moment(at)}


def _proved(number: PhoneNumber) -> str:
    if number.verified_at is None:
        # By the host, before it used this app.
        linked = number.user_id is not None
        return _("At a time that nobody knows.") if linked else _("Never.")
    return moment(number.verified_at)


def _sending(number: PhoneNumber, now: datetime) -> Fact:
    label = gettext_lazy("SMS")
    if number.is_blocked(now):
        return Fact(label, _("No SMS is sent: the number is blocked."), is_trouble=True)
    if number.is_locked(now):
        return Fact(
            label, _("No SMS is sent while no code is compared."), is_trouble=True
        )
    if not takes_sms(number.number):
        text = _("No SMS can be sent to numbers of this kind.")
        return Fact(label, text, is_trouble=True)
    if wait := limits.send_wait(number.sent_at, now):
        text = _("Not before %(time)s: the pause after an SMS, or a limit, runs.")
        return Fact(label, text % {"time": moment(now + wait)})
    return Fact(label, _("An SMS can be sent now."))


def _checking(number: PhoneNumber, now: datetime) -> Fact:
    label, failures = gettext_lazy("Codes"), number.failed_checks
    if number.locked_until is not None and number.is_locked(now):
        text = ngettext(
            "No code is compared until %(time)s, after %(count)d wrong one.",
            "No code is compared until %(time)s, after %(count)d wrong ones in a row.",
            failures,
        ) % {"time": moment(number.locked_until), "count": failures}
        return Fact(label, text, is_trouble=True)
    if number.is_blocked(now):
        return Fact(label, _("No code is compared: the number is blocked."), True)
    text = ngettext(
        "Codes are compared. %(count)d was wrong since the last right one.",
        "Codes are compared. %(count)d were wrong since the last right one.",
        failures,
    )
    return Fact(label, text % {"count": failures})


def _block(number: PhoneNumber) -> str:
    end = until(number.blocked_until or UNTIL_LIFTED)
    reason = number.block_reason or _("no reason was given")
    return _("Blocked %(until)s: %(reason)s") % {"until": end, "reason": reason}
