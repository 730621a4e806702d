"""What staff did to a number, on record as admin's own actions are."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType

from sms_verification.models import PhoneNumber
from tests.factories import UserFactory

DAYS = 30
REASON = "The owner gets codes that somebody else asks for."


def block(number: PhoneNumber, at: datetime) -> None:
    number.blocked_until = at + timedelta(days=DAYS)
    number.block_reason = REASON


def put_on_record(number: PhoneNumber, blocked_until: datetime) -> None:
    """Say who blocked the saved number, and when."""
    LogEntry.objects.create(
        user=UserFactory.create(
            username="support", is_staff=True, password=make_password(None)
        ),
        content_type=ContentType.objects.get_for_model(PhoneNumber),
        object_id=str(number.pk),
        object_repr=str(number),
        action_flag=CHANGE,
        action_time=blocked_until - timedelta(days=DAYS),
        change_message=f"Blocked for {DAYS} days: {number.block_reason}",
    )
