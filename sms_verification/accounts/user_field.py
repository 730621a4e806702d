from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import QuerySet

from sms_verification.accounts.base import users
from sms_verification.accounts.linked import LinkedAccounts
from sms_verification.exceptions import PhoneNumberTaken
from sms_verification.models import PhoneNumber, database

MISSING_USER_FIELD = "sms_verification.E105"


class UserFieldAccounts(LinkedAccounts):
    """A unique, nullable field of the user model, in E.164, beside the link.

    Anything may write the field; the link says that the number in it was proved. Who
    proves a number that another user only typed takes it out of that user's field.
    Subclass it to name another ``field``.
    """

    field = "phone_number"

    def check(self) -> Iterable[CheckMessage]:
        yield from super().check()
        model = get_user_model()
        try:
            field = model._meta.get_field(self.field)  # noqa: SLF001  # public
        except FieldDoesNotExist:
            field = None
        optional = self.names_users or getattr(field, "null", False)
        if not (optional and getattr(field, "unique", False)):
            yield Error(
                f"The user model needs a field {self.field!r} with unique=True and"
                f" null=True for {type(self).__name__}.",
                id=MISSING_USER_FIELD,
            )

    def exists(self, number: PhoneNumber) -> bool:
        return self._owners(number).exists()

    def number_of(self, user_pk: Any) -> PhoneNumber | None:
        number = super().number_of(user_pk)
        return number if number and self.exists(number) else None

    def present_number(self, user_pk: Any) -> PhoneNumber | None:
        # By the link alone: who has stolen a session may have written the field.
        return super().number_of(user_pk)

    def link(self, number: PhoneNumber, user: AbstractBaseUser) -> None:
        with transaction.atomic(using=database()):
            self._drop_outdated(number, user)
            super().link(number, user)
            self._clear(self._squatters(number).exclude(pk=user.pk))
            # What the user may have typed there before is unproved, and goes.
            users().filter(pk=user.pk).update(**{self.field: number.number})
        setattr(user, self.field, number.number)

    def unlink(self, number: PhoneNumber, user: AbstractBaseUser) -> bool:
        unlinked = super().unlink(number, user)
        if unlinked:
            self._clear(self._squatters(number).filter(pk=user.pk))
        return unlinked

    def create(
        self, number: PhoneNumber, user: AbstractBaseUser | None = None
    ) -> AbstractBaseUser:
        """Do it with the number in the row at once, which may be the user's name."""
        if user is None:
            user = self.build_user(number)
            user.set_unusable_password()
        setattr(user, self.field, number.number)
        with transaction.atomic(using=database()):
            if self.exists(number):
                raise PhoneNumberTaken
            self._clear(self._squatters(number))
            user.save(using=database())
            self.link(number, user)
        return user

    @property
    def names_users(self) -> bool:
        return self.field == get_user_model().USERNAME_FIELD

    def _owners(self, number: PhoneNumber) -> QuerySet[AbstractBaseUser]:
        return super()._owners(number).filter(**{self.field: number.number})

    def _squatters(self, number: PhoneNumber) -> QuerySet[AbstractBaseUser]:
        """Whose field holds the number, whether they have proved it or not."""
        return users().filter(**{self.field: number.number})

    def _drop_outdated(self, number: PhoneNumber, user: AbstractBaseUser) -> None:
        """Drop links that a field says nothing of any more: it was written since."""
        nobodys: dict[str, Any] = {"user": None, "verified_at": None}
        others = number.user_id not in {None, user.pk}
        if others and not self.exists(number):
            # That user's link alone: somebody else may have proved it meanwhile.
            held = self._numbers().filter(pk=number.pk, user=number.user_id)
            held.update(**nobodys)
        theirs = self._numbers().filter(user=user.pk).exclude(pk=number.pk)
        # As the row says: what the caller holds may be older.
        rows = users().filter(pk=user.pk).values_list(self.field, flat=True)
        theirs.exclude(number=rows.first() or "").update(**nobodys)

    def _clear(self, users: QuerySet[AbstractBaseUser]) -> None:
        # At most one, since the field is unique. A name must be something.
        nothing = f"-{secrets.token_hex(6)}" if self.names_users else None
        users.update(**{self.field: nothing})
