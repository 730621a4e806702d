"""What a user was let in with, and how that ends.

Tables of other apps are reached by their names: none of these apps is demanded.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser

from sms_verification.models import database

__all__ = ["revoke"]


def revoke(user: AbstractBaseUser) -> None:
    """End DRF's tokens and simplejwt's refresh tokens of the user.

    Sessions end by themselves, with the password that they were begun under. So do
    simplejwt's tokens under its ``CHECK_REVOKE_TOKEN``; without that, an access token
    lives out its minutes.
    """
    if apps.is_installed("rest_framework.authtoken"):
        _rows("authtoken", "Token").filter(user=user).delete()
    if apps.is_installed("rest_framework_simplejwt.token_blacklist"):
        standing = _rows("token_blacklist", "OutstandingToken").filter(
            user=user, blacklistedtoken=None
        )
        blacklist = _rows("token_blacklist", "BlacklistedToken")
        ended = [blacklist.model(token=token) for token in standing]
        blacklist.bulk_create(ended, ignore_conflicts=True)


def _rows(app: str, model: str) -> Any:
    manager = apps.get_model(app, model)._default_manager  # noqa: SLF001  # its public name
    return manager.using(database())
