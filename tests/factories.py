# mypy: ignore-errors
from __future__ import annotations

from datetime import timedelta
from typing import Any

import factory
from django.contrib.auth import get_user_model
from django.utils import timezone

from sms_verification.models import Delivery, Outcome, PhoneNumber, Verification


class UserFactory(factory.django.DjangoModelFactory[Any]):
    class Meta:
        model = get_user_model()

    username = factory.Sequence(lambda n: f"user{n}")


class PhoneNumberFactory(factory.django.DjangoModelFactory[PhoneNumber]):
    class Meta:
        model = PhoneNumber

    number = factory.Sequence(lambda n: f"+861380013{n:04d}")


class VerificationFactory(factory.django.DjangoModelFactory[Verification]):
    """A pending verification whose code was sent just now."""

    class Meta:
        model = Verification

    phone_number = factory.SubFactory(PhoneNumberFactory)
    purpose = "register"
    code_length = 6
    created_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda o: o.created_at + timedelta(minutes=5))
    checks_left = 5


class DeliveryFactory(factory.django.DjangoModelFactory[Delivery]):
    class Meta:
        model = Delivery

    class Params:
        delivered = factory.Trait(
            receipt="delivered",
            received_at=factory.LazyAttribute(
                lambda o: o.requested_at + timedelta(seconds=4)
            ),
        )
        undelivered = factory.Trait(delivered=True, receipt="undelivered")

    verification = factory.SubFactory(VerificationFactory)
    provider = "default"
    outcome = Outcome.ACCEPTED
    requested_at = factory.LazyFunction(timezone.now)
