"""User models as hosts have them, for ``AUTH_USER_MODEL`` to be overridden with."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Member(AbstractBaseUser):
    """Has a name, and may have a number."""

    username = models.CharField(max_length=150, unique=True)
    phone_number = models.CharField(max_length=16, unique=True, null=True)  # noqa: DJ001  # two without number are no twins
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "username"

    objects: ClassVar[BaseUserManager[Member]] = BaseUserManager()


class Subscriber(AbstractBaseUser):
    """Is named by the number."""

    mobile = models.CharField(max_length=16, unique=True)

    USERNAME_FIELD = "mobile"

    objects: ClassVar[BaseUserManager[Subscriber]] = BaseUserManager()
