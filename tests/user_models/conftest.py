"""Each module here is for one user model, and ``USER_MODEL`` says which it is."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings

from sms_verification.models import PhoneNumber
from tests.factories import PhoneNumberFactory
from tests.phones import ALICE, BOB

# The modules and the Accounts of each model.
MODELS = {
    "tests.Member": (
        {"test_member.py", "test_both.py"},
        "sms_verification.accounts.UserFieldAccounts",
    ),
    "tests.Subscriber": (
        {"test_subscriber.py", "test_both.py"},
        "tests.user_models.hosts.Mobiles",
    ),
}
FITTING, ACCOUNTS = MODELS.get(django_settings.AUTH_USER_MODEL, (set(), ""))
collect_ignore = sorted(
    {"test_member.py", "test_subscriber.py", "test_both.py"} - FITTING
)


@pytest.fixture(autouse=True)
def _accounts(settings: Any) -> None:
    settings.SMS_VERIFICATION_ACCOUNTS = ACCOUNTS


@pytest.fixture
def number() -> PhoneNumber:
    return PhoneNumberFactory(number=ALICE)


@pytest.fixture
def other() -> PhoneNumber:
    return PhoneNumberFactory(number=BOB)
