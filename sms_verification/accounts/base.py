from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.checks import CheckMessage, Warning  # noqa: A004  # its own
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from sms_verification import credentials
from sms_verification.conf import settings
from sms_verification.models import PhoneNumber, database
from sms_verification.types import Client

UNFIT_NAME = "sms_verification.W013"

RANDOM_NAME = "user_"


def users() -> QuerySet[Any]:
    """Return the host's users, where the flow reads and writes."""
    manager = get_user_model()._default_manager  # noqa: SLF001  # its public name
    return cast("QuerySet[Any]", manager.using(database()))


def as_read(user: AbstractBaseUser) -> QuerySet[Any]:
    """Return the user's row, unless its password was set anew since it was read.

    A reset and each change of number set it, so it tells of both.
    """
    return users().filter(pk=user.pk, password=user.password)


def is_privileged(user: AbstractBaseUser) -> bool:
    """Whether the user is staff or superuser. A user model may know neither."""
    return bool(
        getattr(user, "is_staff", False) or getattr(user, "is_superuser", False)
    )


class Accounts(ABC):
    """A number belongs to at most one user, and a user has at most one number.

    Name a subclass in ``SMS_VERIFICATION_ACCOUNTS`` to keep the numbers elsewhere, or
    to answer the questions of policy below in another way.
    """

    @abstractmethod
    def exists(self, number: PhoneNumber) -> bool:
        """Whether the number is somebody's."""

    @abstractmethod
    def find(self, number: PhoneNumber) -> AbstractBaseUser | None:
        """Return who has proved that the number is theirs."""

    @abstractmethod
    def number_of(self, user_pk: Any) -> PhoneNumber | None:
        """Return the number that the user with this key has proved."""

    @abstractmethod
    def link(self, number: PhoneNumber, user: AbstractBaseUser) -> None:
        """Make a proved number the user's. Raise ``PhoneNumberTaken``.

        It may be theirs already: a reset proves it anew, which ends older proofs.
        """

    @abstractmethod
    def unlink(self, number: PhoneNumber, user: AbstractBaseUser) -> bool:
        """Take the number from the user; return whether it was the user's."""

    @property
    def names_users(self) -> bool:
        """Whether a user's name is the number, so that nobody chooses one."""
        return False

    def check(self) -> Iterable[CheckMessage]:
        """Return what a host must know before this can work."""
        if not self.names_users and not _takes_random_names(self):
            yield Warning(
                f"A new user gets {RANDOM_NAME!r} and twelve digits for a name, which is"
                f" no {get_user_model().USERNAME_FIELD}.",
                hint=f"Override build_user in {type(self).__name__}.",
                id=UNFIT_NAME,
            )

    def present_number(self, user_pk: Any) -> PhoneNumber | None:
        """Return the number that a change takes from the user with this key.

        It is asked and told of, whatever anything but a proof says of it.
        """
        return self.number_of(user_pk)

    def build_user(self, number: PhoneNumber) -> AbstractBaseUser:
        """Return a new, unsaved user for the number.

        Its name is random: a name made of the number would stand in admin, in logs
        and in URLs. A user model that demands more wants a subclass.
        """
        model = get_user_model()
        return model(**{model.USERNAME_FIELD: RANDOM_NAME + secrets.token_hex(6)})

    def create(
        self, number: PhoneNumber, user: AbstractBaseUser | None = None
    ) -> AbstractBaseUser:
        """Save a user for the number, by default a new one without password.

        Of two that do so at once, the row lets one through. Raise
        ``PhoneNumberTaken``.
        """
        if user is None:
            user = self.build_user(number)
            user.set_unusable_password()
        with transaction.atomic(using=database()):
            user.save(using=database())
            self.link(number, user)
        return user

    def may_enter(self, user: AbstractBaseUser) -> bool:
        """Whether the user may log in or set a password by SMS at all.

        Who may not gets the answer of a wrong code.
        """
        allowed = settings.ALLOW_STAFF or not is_privileged(user)
        return bool(user.is_active) and allowed

    def needs_step_up(self, user: AbstractBaseUser, purpose: str) -> bool:
        """Whether a right code is not enough, since the user has a second factor.

        The answer is ``step_up_required`` with a proof. A view of the host's asks whom
        the proof is of (``logins.whose``) for the second factor, and goes on with the
        proof and ``stepped_up=user.pk``.
        """
        return False

    @property
    def steps_up(self) -> bool:
        """Whether a right code may ever not be enough."""
        own = type(self)
        return (
            settings.DORMANT_AFTER is not None
            or own.needs_step_up is not Accounts.needs_step_up
            or own.is_dormant is not Accounts.is_dormant
        )

    def is_dormant(self, number: PhoneNumber, user: AbstractBaseUser) -> bool:
        """Whether the number may be somebody else's by now.

        Carriers re-issue numbers, some after 90 days. Who then has it reads the codes
        of an account that is not theirs, so such a user is asked for the password.
        """
        if settings.DORMANT_AFTER is None:
            return False
        seen = max(filter(None, [user.last_login, number.verified_at]), default=None)
        return seen is None or seen <= timezone.now() - settings.DORMANT_AFTER

    def may_take_over(self, number: PhoneNumber, owner: AbstractBaseUser) -> bool:
        """Whether who has proved the number and says that they are not its owner may
        have it for an account of their own."""
        return self.is_dormant(number, owner)

    def may_change_number(self, user: AbstractBaseUser, client: Client | None) -> bool:
        """Whether a user without password and without number may set a number.

        For a host that knows the user by something else, and has asked for it. The
        answer otherwise is ``password_required``.
        """
        return False

    def revoke(self, user: AbstractBaseUser) -> None:
        """End what the user was let in with: sessions, DRF tokens, refresh tokens.

        Called with a password that was set anew, which ends sessions, and inside the
        transaction of the change. A host with tokens of another kind overrides it.
        """
        credentials.revoke(user)


def _takes_random_names(accounts: Accounts) -> bool:
    if type(accounts).build_user is not Accounts.build_user:
        return True
    model = get_user_model()
    field: Any = model._meta.get_field(model.USERNAME_FIELD)  # noqa: SLF001  # public
    try:
        field.run_validators(RANDOM_NAME + secrets.token_hex(6))
    except ValidationError:
        return False
    return True
