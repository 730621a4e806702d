"""Whose number is this? From numbers to users, behind one small interface."""

from __future__ import annotations

from typing import cast

from django.utils.module_loading import import_string

from sms_verification.accounts.base import Accounts, as_read, is_privileged, users
from sms_verification.accounts.linked import LinkedAccounts
from sms_verification.accounts.user_field import UserFieldAccounts
from sms_verification.conf import settings

__all__ = [
    "Accounts",
    "LinkedAccounts",
    "UserFieldAccounts",
    "as_read",
    "get_accounts",
    "is_privileged",
    "users",
]


def get_accounts() -> Accounts:
    """Return the host's choice of ``SMS_VERIFICATION_ACCOUNTS``."""
    return cast("Accounts", import_string(settings.ACCOUNTS)())
