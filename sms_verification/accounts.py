"""Whose number is this? From numbers to users, behind one small interface."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from sms_verification.conf import settings
from sms_verification.exceptions import PhoneNumberTaken
from sms_verification.models import PhoneNumber, database

MISSING_USER_FIELD = "sms_verification.E105"


class Accounts(ABC):
    """A number belongs to at most one user, and a user has at most one number.

    Name a subclass in ``SMS_VERIFICATION_ACCOUNTS`` to keep the numbers elsewhere.
    """

    @abstractmethod
    def exists(self, number: PhoneNumber) -> bool:
        """Whether the number is somebody's."""

    @abstractmethod
    def find(self, number: PhoneNumber) -> AbstractBaseUser | None:
        """Return whose number it is."""

    @abstractmethod
    def link(self, number: PhoneNumber, user: AbstractBaseUser) -> None:
        """Make a proved number the user's. Raise ``PhoneNumberTaken``."""

    def check(self) -> Iterable[CheckMessage]:
        """Return what a host must know before this can work."""
        return ()

    def build_user(self, number: PhoneNumber) -> AbstractBaseUser:
        """Return a new, unsaved user for the number.

        Its name is random: a name made of the number would stand in admin, in logs
        and in URLs. A user model that demands more wants a subclass.
        """
        model = get_user_model()
        return model(**{model.USERNAME_FIELD: f"user_{secrets.token_hex(6)}"})

    def create(self, number: PhoneNumber) -> AbstractBaseUser:
        """Make a user without password for the number. Raise ``PhoneNumberTaken``.

        Of two that do so at once, the row lets one through.
        """
        user = self.build_user(number)
        user.set_unusable_password()
        with transaction.atomic(using=database()):
            user.save(using=database())
            self.link(number, user)
        return user


class LinkedAccounts(Accounts):
    """The link in ``PhoneNumber.user``. It works with any user model."""

    def exists(self, number: PhoneNumber) -> bool:
        return number.user_id is not None

    def find(self, number: PhoneNumber) -> AbstractBaseUser | None:
        users = get_user_model()._default_manager  # noqa: SLF001  # its public name
        owners = users.using(database()).filter(verified_phone_number=number.pk)
        return owners.first()

    def link(self, number: PhoneNumber, user: AbstractBaseUser) -> None:
        free = PhoneNumber.objects.using(database()).filter(
            Q(user=None) | Q(user=user.pk), pk=number.pk
        )
        try:
            with transaction.atomic(using=database()):
                linked = free.update(user=cast("Any", user), verified_at=timezone.now())
        except IntegrityError:
            # Its text holds the values. This user has another number already.
            raise PhoneNumberTaken("The user has a number.") from None
        if not linked:
            raise PhoneNumberTaken("The number is another account's.")


class UserFieldAccounts(Accounts):
    """A unique, nullable field of the user model, in E.164.

    Subclass it to name another ``field``.
    """

    field = "phone_number"

    def check(self) -> Iterable[CheckMessage]:
        model = get_user_model()
        try:
            field = model._meta.get_field(self.field)  # noqa: SLF001  # public
        except FieldDoesNotExist:
            field = None
        optional = self.field == model.USERNAME_FIELD or getattr(field, "null", False)
        if not (optional and getattr(field, "unique", False)):
            yield Error(
                f"The user model needs a field {self.field!r} with unique=True and"
                f" null=True for {type(self).__name__}.",
                id=MISSING_USER_FIELD,
            )

    def exists(self, number: PhoneNumber) -> bool:
        return self._owners(number).exists()

    def find(self, number: PhoneNumber) -> AbstractBaseUser | None:
        return self._owners(number).first()

    def link(self, number: PhoneNumber, user: AbstractBaseUser) -> None:
        free = self._users().filter(
            Q(**{self.field: None}) | Q(**{self.field: number.number}), pk=user.pk
        )
        try:
            with transaction.atomic(using=database()):
                linked = free.update(**{self.field: number.number})
        except IntegrityError:
            raise PhoneNumberTaken("The number is another account's.") from None
        if not linked:
            raise PhoneNumberTaken("The user has a number.")
        _verify(number)

    def create(self, number: PhoneNumber) -> AbstractBaseUser:
        """Do it with the number in the row at once, which may be the user's name."""
        user = self.build_user(number)
        setattr(user, self.field, number.number)
        user.set_unusable_password()
        try:
            with transaction.atomic(using=database()):
                user.save(using=database())
                _verify(number)
        except IntegrityError:
            if not self.exists(number):
                # A field that the host's model demands, which is no race to be lost.
                raise
            raise PhoneNumberTaken("The number is another account's.") from None
        return user

    def _owners(self, number: PhoneNumber) -> QuerySet[AbstractBaseUser]:
        return self._users().filter(**{self.field: number.number})

    def _users(self) -> QuerySet[AbstractBaseUser]:
        manager = get_user_model()._default_manager  # noqa: SLF001  # its public name
        return manager.using(database())


def _verify(number: PhoneNumber) -> None:
    rows = PhoneNumber.objects.using(database()).filter(pk=number.pk)
    rows.update(verified_at=timezone.now())


def get_accounts() -> Accounts:
    """Return the host's choice of ``SMS_VERIFICATION_ACCOUNTS``."""
    return cast("Accounts", import_string(settings.ACCOUNTS)())
