"""User models as hosts have them: ``USER_MODEL`` of tests/settings.py names one."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Member(AbstractBaseUser):
    """Has a name, and may have a number."""

    username = models.CharField(max_length=150, unique=True)
    phone_number = models.CharField(max_length=16, unique=True, null=True)  # noqa: DJ001  # two without number are no twins
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "username"

    objects = BaseUserManager()


class Subscriber(AbstractBaseUser):
    """Is named by the number."""

    mobile = models.CharField(max_length=16, unique=True)

    USERNAME_FIELD = "mobile"

    objects = BaseUserManager()


class Profile(models.Model):
    """What a host keeps beside Django's user."""

    # These tables are made before auth's, since they have no migrations.
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="profile",
        db_constraint=False,
    )
    phone = models.CharField(max_length=40, null=True)  # noqa: DJ001  # as a host has it
    phone_verified = models.BooleanField(default=False)
    phone_verified_at = models.DateTimeField(null=True)
    phone_verified_on = models.DateField(null=True)

    def __str__(self) -> str:
        return f"profile {self.pk}"
