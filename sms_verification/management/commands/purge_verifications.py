from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, ProtectedError, Q, QuerySet
from django.utils import timezone

from sms_verification.conf import settings
from sms_verification.models import PhoneNumber, Verification, database


class Command(BaseCommand):
    help = (
        "Delete verifications older than SMS_VERIFICATION_RETENTION, and numbers idle"
        " as long that have no user, no lock and no block."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch-size", type=int, default=1000)
        parser.add_argument(
            "--dry-run", action="store_true", help="Count, and delete nothing."
        )

    def handle(self, *, batch_size: int, dry_run: bool, **options: Any) -> None:
        now = timezone.now()
        self.purge("verifications", _old(now), batch_size, dry_run=dry_run)
        self.purge("phone numbers", _idle(now), batch_size, dry_run=dry_run)

    def purge(
        self, what: str, rows: QuerySet[Any], batch_size: int, *, dry_run: bool
    ) -> None:
        count = rows.count() if dry_run else _delete(rows, batch_size)
        verb = "Would delete" if dry_run else "Deleted"
        self.stdout.write(f"{verb} {count} {what}.")


def _old(now: datetime) -> QuerySet[Verification]:
    before = now - settings.RETENTION
    return Verification.objects.using(database()).filter(created_at__lt=before)


def _idle(now: datetime) -> QuerySet[PhoneNumber]:
    verified = Verification.objects.filter(phone_number=OuterRef("pk"))
    return PhoneNumber.objects.using(database()).filter(
        Q(locked_until=None) | Q(locked_until__lte=now),
        Q(blocked_until=None) | Q(blocked_until__lte=now),
        ~Exists(verified),
        active_at__lt=now - settings.RETENTION,
        user=None,
    )


def _delete(rows: QuerySet[Any], batch_size: int) -> int:
    """Delete in batches, each a transaction of its own, so that nobody waits long."""
    deleted, label = 0, rows.model._meta.label  # noqa: SLF001  # its public name
    while keys := list(rows.values_list("pk", flat=True)[:batch_size]):
        try:
            # The conditions again: a number may have come back to life meanwhile.
            batch = rows.filter(pk__in=keys)
            deleted += batch.delete()[1].get(label, 0)
        except (IntegrityError, ProtectedError):
            # Its texts hold the values. The next run meets what is left.
            return deleted
    return deleted
