from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.core.management.base import BaseCommand, CommandError
from django.db.models import BooleanField, DateField, Field
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from phonenumbers import SUPPORTED_REGIONS

from sms_verification import phone_numbers
from sms_verification.conf import settings
from sms_verification.management.numbers import (
    CONFLICTS,
    Entry,
    Finding,
    Repeated,
    Source,
    examine,
    link,
)


class Command(BaseCommand):
    help = (
        "Link the verified numbers that users have already in a field of the host's."
        " Without --apply it tells what it would do, and changes nothing. It fails if"
        " there are conflicts, after all else is linked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--field",
            required=True,
            help="Of the user model, or a path from it: profile__phone.",
        )
        parser.add_argument(
            "--verified",
            required=True,
            help="The bool or date that says that the number was verified.",
        )
        parser.add_argument(
            "--region",
            help="Of numbers without a country, like CN. Else the site's default.",
        )
        parser.add_argument("--apply", action="store_true", help="Link them.")
        parser.add_argument("--batch-size", type=_above_zero, default=1000)

    def handle(self, *, apply: bool, verbosity: int, **options: Any) -> None:
        region = options["region"] or settings.DEFAULT_REGION
        source = _source(
            options["field"], options["verified"], region, options["batch_size"]
        )
        repeated = Repeated(source)
        counts: Counter[Finding] = Counter()
        for batch in source.batches():
            for entry, examined in examine(batch, repeated):
                free = examined is Finding.FREE
                finding = link(source, entry) if apply and free else examined
                counts[finding] += 1
                if verbosity:
                    self._tell(entry, finding)
        self._sum_up(counts, apply=apply)

    @sensitive_variables()
    def _tell(self, entry: Entry, finding: Finding) -> None:
        # What cannot be read cannot be masked.
        number = phone_numbers.mask(entry.number) if entry.number else ""
        user = _("user %(pk)s") % {"pk": entry.user_pk}
        self.stdout.write(f"{finding.label}: {user} {number}".rstrip())

    def _sum_up(self, counts: Counter[Finding], *, apply: bool) -> None:
        for finding in Finding:
            if counts[finding]:
                self.stdout.write(f"{finding.label}: {counts[finding]}")
        if not apply:
            self.stdout.write(_("Nothing was changed. Run it again with --apply."))
        if conflicts := sum(counts[finding] for finding in CONFLICTS):
            raise CommandError(
                _("Conflicts that somebody must decide: %(count)s")
                % {"count": conflicts}
            )


def _above_zero(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("not above 0")
    return number


def _source(field: str, verified: str, region: str | None, batch_size: int) -> Source:
    _resolve(field)
    if not isinstance(_resolve(verified), BooleanField | DateField):
        raise CommandError(
            _("%(path)s is neither a bool nor a date.") % {"path": verified}
        )
    if region is not None and region not in SUPPORTED_REGIONS:
        raise CommandError(_("%(region)s is not a region.") % {"region": region})
    return Source(field, verified, region, batch_size)


def _resolve(path: str) -> Field[Any, Any]:
    """Return the field that a path leads to. Each user must have one at most."""
    model: Any = get_user_model()
    *relations, name = path.split("__")
    try:
        for relation in relations:
            step = model._meta.get_field(relation)  # noqa: SLF001  # public
            if not (step.one_to_one or step.many_to_one):
                raise FieldDoesNotExist
            model = step.related_model
        field = model._meta.get_field(name)  # noqa: SLF001  # public
    except FieldDoesNotExist:
        field = None
    if not isinstance(field, Field) or field.is_relation:
        raise CommandError(
            _("%(path)s leads from a user to no single field.") % {"path": path}
        )
    return field
