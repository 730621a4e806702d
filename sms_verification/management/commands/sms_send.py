from __future__ import annotations

from argparse import ArgumentParser
from string import digits
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from sms_verification import delivery, phone_numbers, routes
from sms_verification.conf import settings
from sms_verification.exceptions import InvalidPhoneNumber, UnsupportedPhoneNumber
from sms_verification.management.advice import ADVICE, UNKNOWN
from sms_verification.models import Outcome
from sms_verification.types import Purpose, Reason, SmsMessage

_OUTCOMES = {
    Outcome.ACCEPTED: gettext_lazy("accepted"),
    Outcome.REJECTED: gettext_lazy("refused"),
    Outcome.UNKNOWN: gettext_lazy("unknown"),
}


class Command(BaseCommand):
    help = (
        "Send a real SMS by one provider and tell what the vendor said. Its code is"
        " good for nothing, and no limit is asked or spent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="As people type it.")
        parser.add_argument(
            "--using", metavar="ALIAS", help="Else the first of the number's route."
        )
        parser.add_argument("--purpose", default="login")
        parser.add_argument("--language", default="", help="Else the site's.")

    @sensitive_variables()
    def handle(self, *, number: str, using: str | None, **options: Any) -> None:
        phone_number = _read(number)
        purpose = settings.PURPOSES.get(options["purpose"])
        if purpose is None:
            raise CommandError(_("Not a purpose of this site."))
        alias = using or _first(phone_number)
        if alias not in settings.PROVIDERS:
            raise CommandError(_("SMS_VERIFICATION_PROVIDERS has no such alias."))
        message = _message(phone_number, purpose, options["language"])
        result = delivery.ask(alias, message)
        self._report(phone_number, alias, result)
        if result.outcome != Outcome.ACCEPTED:
            raise CommandError(advice(result))

    def _report(self, phone_number: str, alias: str, result: delivery.Result) -> None:
        seconds = result.duration.total_seconds()
        for name, value in (
            (_("Number"), phone_numbers.mask(phone_number)),
            (_("Provider"), alias),
            (_("Outcome"), _OUTCOMES[result.outcome]),
            (_("Reason"), result.reason),
            (_("Vendor's code"), result.code),
            (_("Vendor's id"), result.message_id),
            (_("Parts"), result.parts),
            (_("Duration"), _("%(seconds).2f s") % {"seconds": seconds}),
        ):
            if value:
                self.stdout.write(f"{name}: {value}")


def advice(result: delivery.Result) -> str:
    """Return what the host can do about an SMS that was not accepted."""
    return str(ADVICE[Reason(result.reason)] if result.reason else UNKNOWN)


@sensitive_variables()
def _read(number: str) -> str:
    try:
        return phone_numbers.parse(number, settings.DEFAULT_REGION)
    except InvalidPhoneNumber:
        raise CommandError(
            _("Not a phone number. Type it with its country, like +86 138 0013 8000.")
        ) from None


@sensitive_variables()
def _first(phone_number: str) -> str:
    try:
        return routes.route(phone_number)[0]
    except UnsupportedPhoneNumber:
        raise CommandError(
            _("No route leads to this number. Choose --using.")
        ) from None


@sensitive_variables()
def _message(phone_number: str, purpose: Purpose, language: str) -> SmsMessage:
    return SmsMessage(
        phone_number=phone_number,
        # Of no verification, so nobody can use it.
        code=get_random_string(purpose.code_length, digits),
        purpose=purpose.name,
        lifetime=settings.CODE_LIFETIME,
        language=language,
        delivery_id=uuid4().hex,
    )
