"""``Accounts`` of hosts whose users have a field for the number."""

from __future__ import annotations

from typing import Any

from sms_verification.accounts import UserFieldAccounts
from sms_verification.models import PhoneNumber


class Mobiles(UserFieldAccounts):
    """Of a user model that is named by the number."""

    field = "mobile"


class Shared(UserFieldAccounts):
    """Names a field that two users may share."""

    field = "last_login"


class Demanded(UserFieldAccounts):
    """Names a field that may not be empty."""

    field = "username"


class Forgetful(UserFieldAccounts):
    """Does not know what its users need."""

    def build_user(self, number: PhoneNumber) -> Any:
        user: Any = super().build_user(number)
        user.is_active = None
        return user


class Knowing(UserFieldAccounts):
    """Knows who has neither password nor number by something else."""

    def may_change_number(self, user: Any, client: Any) -> bool:
        return True


class Handing(Mobiles):
    """Hands a number to whoever proves it and says that the old user is another."""

    def may_take_over(self, number: PhoneNumber, owner: Any) -> bool:
        return True
