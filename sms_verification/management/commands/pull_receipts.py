from __future__ import annotations

import logging
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils.timezone import now
from django.views.decorators.debug import sensitive_variables

from sms_verification import settling, transactions
from sms_verification.conf import settings
from sms_verification.exceptions import InvalidProvider
from sms_verification.models import Delivery, Outcome, database
from sms_verification.providers.base import Provider
from sms_verification.registry import get_provider
from sms_verification.types import Receipt, ReceiptStatus

logger = logging.getLogger("sms_verification")

# The zone of the vendors that are asked by the day.
CHINA = timezone(timedelta(hours=8))


class Command(BaseCommand):
    help = (
        "Ask the vendors what became of SMS that no receipt came for, where vendors"
        " can be asked. To be run every few minutes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--min-minutes", type=int, default=10, help="The age to ask from (10)."
        )
        parser.add_argument(
            "--max-days", type=int, default=3, help="The age to ask up to (3)."
        )
        parser.add_argument(
            "--limit", type=int, default=500, help="How many to ask for at most (500)."
        )

    def handle(
        self, *, min_minutes: int, max_days: int, limit: int, **options: Any
    ) -> None:
        providers = dict(_that_can_be_asked())
        upto = now() - timedelta(minutes=min_minutes)
        since = now() - timedelta(days=max_days)
        asked = stored = failed = 0
        for delivery in _unsettled(list(providers), since, upto)[:limit]:
            asked += 1
            found = _settle(providers[delivery.provider], delivery)
            failed += found is None
            stored += found or 0
        self.stdout.write(f"Asked for {asked}: {stored} receipts, {failed} failures.")


def _that_can_be_asked() -> Iterator[tuple[str, Provider]]:
    for alias in settings.PROVIDERS:
        try:
            provider = get_provider(alias)
        except InvalidProvider as error:
            # No traceback: what a provider is built from holds keys.
            logger.error("Provider %s cannot be built: %s", alias, error)
            continue
        if type(provider).ask_receipts is not Provider.ask_receipts:
            yield alias, provider


def _unsettled(
    aliases: list[str], since: datetime, upto: datetime
) -> QuerySet[Delivery]:
    """The newest first: of these the vendor still knows, and staff still ask."""
    rows = Delivery.objects.using(database()).filter(
        provider__in=aliases,
        outcome__in=[Outcome.ACCEPTED, Outcome.UNKNOWN],
        receipt__in=["", ReceiptStatus.SENT],
        requested_at__range=(since, upto),
    )
    rows = rows.select_related("verification__phone_number")
    return rows.defer("verification__salt").order_by("-requested_at")


@sensitive_variables()
def _settle(provider: Provider, delivery: Delivery) -> int | None:
    """Return how many receipts were news, or ``None`` if that failed."""
    receipts = _ask(provider, delivery)
    if receipts is None:
        return None
    try:
        return settling.settle(delivery.provider, receipts)
    except (DatabaseError, transactions.Contended) as error:
        # Its class alone: the text may hold the number. The next run asks again.
        name = type(error).__name__
        logger.error("Receipts of %s are not stored: %s.", delivery.provider, name)
        return None


@sensitive_variables()
def _ask(provider: Provider, delivery: Delivery) -> Sequence[Receipt] | None:
    number = delivery.verification.phone_number.number
    day = delivery.requested_at.astimezone(CHINA).date()
    try:
        return provider.ask_receipts(number, delivery.message_id, day)
    except NotImplementedError:
        return []
    except Exception as error:  # a provider may be anybody's
        # Its class alone: texts of SDKs hold codes, numbers and keys.
        name = type(error).__name__
        logger.error("Provider %s raised %s.", delivery.provider, name)
        return None
