from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from sms_verification.accounts.base import Accounts, users
from sms_verification.exceptions import PhoneNumberTaken
from sms_verification.models import PhoneNumber, database


class LinkedAccounts(Accounts):
    """The link in ``PhoneNumber.user``. It works with any user model."""

    def exists(self, number: PhoneNumber) -> bool:
        return number.user_id is not None

    def find(self, number: PhoneNumber) -> AbstractBaseUser | None:
        return self._owners(number).first()

    def number_of(self, user_pk: Any) -> PhoneNumber | None:
        # Of nobody, or each number that is nobody's would be theirs.
        if user_pk is None:
            return None
        return self._numbers().filter(user=user_pk).first()

    def link(self, number: PhoneNumber, user: AbstractBaseUser) -> None:
        free = self._numbers().filter(Q(user=None) | Q(user=user.pk), pk=number.pk)
        now = timezone.now()
        try:
            with transaction.atomic(using=database()):
                linked = free.update(user=cast("Any", user), verified_at=now)
        except IntegrityError:
            # Its text holds the values. This user has another number already.
            raise PhoneNumberTaken from None
        if not linked:
            raise PhoneNumberTaken
        number.user_id, number.verified_at = user.pk, now

    def unlink(self, number: PhoneNumber, user: AbstractBaseUser) -> bool:
        theirs = self._numbers().filter(pk=number.pk, user=cast("Any", user.pk))
        return bool(theirs.update(user=None, verified_at=None))

    def _owners(self, number: PhoneNumber) -> QuerySet[AbstractBaseUser]:
        if number._state.adding:  # noqa: SLF001  # its documented name
            # Never seen, so nobody's: as NULL it would be of each user without number.
            return users().none()
        return users().filter(verified_phone_number=number.pk)

    def _numbers(self) -> QuerySet[PhoneNumber]:
        return PhoneNumber.objects.using(database())
