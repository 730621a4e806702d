from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from sms_verification.models import Delivery
from tests.factories import (
    DeliveryFactory,
    PhoneNumberFactory,
    UserFactory,
    VerificationFactory,
)
from tests.phones import ALICE

VIEW = ["view_phonenumber", "view_verification", "view_delivery"]


@pytest.fixture
def staff_with() -> Callable[..., Client]:
    """Sign in as staff who hold these permissions and no other."""

    def sign_in(*codenames: str) -> Client:
        staff = UserFactory(is_staff=True)
        rights = Permission.objects.filter(codename__in=codenames)
        assert rights.count() == len(codenames)
        staff.user_permissions.set(rights)
        client = Client()
        client.force_login(staff)
        return client

    return sign_in


@pytest.fixture
def staff_client(staff_with: Callable[..., Client]) -> Client:
    """Who may view, and no more."""
    return staff_with(*VIEW)


@pytest.fixture
def blocking_client(staff_with: Callable[..., Client]) -> Client:
    return staff_with(*VIEW, "block_phonenumber")


@pytest.fixture
def delivery() -> Delivery:
    number = PhoneNumberFactory(
        number=ALICE, user=UserFactory(username="alice"), block_reason="A complaint."
    )
    verification = VerificationFactory(
        phone_number=number,
        address="203.0.113.9",
        user_agent="<script>alert(1)</script>",
        language="zh-hans",
    )
    row: Any = DeliveryFactory(
        verification=verification,
        provider="backup",
        outcome="rejected",
        reason="balance",
        vendor_code="isv.OUT",
    )
    return row
