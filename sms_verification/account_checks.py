"""What a host should know of ``SMS_VERIFICATION_ACCOUNTS`` and ``_LOGIN_WITH``."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from django.apps import apps
from django.conf import settings as django_settings
from django.core import checks
from django.utils.module_loading import import_string

from sms_verification.accounts import Accounts
from sms_verification.conf import settings
from sms_verification.setting_values import PREFIX

__all__ = ["check_accounts"]

INVALID_ACCOUNTS = "sms_verification.E104"
LOGIN_WITH_NOTHING = "sms_verification.E111"
TOKENS_SURVIVE = "sms_verification.E112"

_LOGIN_WITH = f"{PREFIX}LOGIN_WITH"


def check_accounts() -> Iterator[checks.CheckMessage]:
    """Report what would fail at the first sign-in, or hold for longer than it may."""
    yield from _accounts()
    kind = settings.LOGIN_WITH
    if kind == "token":
        yield from _token()
    elif kind == "jwt":
        yield from _jwt()
    elif kind == "session":
        yield from _session()
    else:
        yield from _callable(kind)
    if kind == "jwt" or _takes_jwt():
        yield from _refresh_tokens()


def _accounts() -> Iterator[checks.CheckMessage]:
    name = f"{PREFIX}ACCOUNTS"
    try:
        accounts = import_string(settings.ACCOUNTS)
    except ImportError as error:
        yield checks.Error(f"{name}: {error}", id=INVALID_ACCOUNTS)
        return
    if not (isinstance(accounts, type) and issubclass(accounts, Accounts)):
        yield checks.Error(f"{name} names no Accounts.", id=INVALID_ACCOUNTS)
        return
    yield from accounts().check()


def _token() -> Iterator[checks.CheckMessage]:
    if not apps.is_installed("rest_framework.authtoken"):
        yield _nothing("'token' needs 'rest_framework.authtoken' in INSTALLED_APPS.")


def _jwt() -> Iterator[checks.CheckMessage]:
    if find_spec("rest_framework_simplejwt") is None:
        yield _nothing(
            "'jwt' needs simplejwt: pip install 'django-sms-verification[jwt]'."
        )


def _takes_jwt() -> bool:
    """Whether the site lets anybody in by simplejwt, whoever issued it."""
    if find_spec("rest_framework_simplejwt") is None:
        return False
    # dj-rest-auth's and a host's own are subclasses of it.
    kind = import_string("rest_framework_simplejwt.authentication.JWTAuthentication")
    drf = getattr(django_settings, "REST_FRAMEWORK", {})
    classes = drf.get("DEFAULT_AUTHENTICATION_CLASSES", [])
    return any(_is_kind(path, kind) for path in classes)


def _refresh_tokens() -> Iterator[checks.CheckMessage]:
    own = getattr(django_settings, "SIMPLE_JWT", {})
    listed = apps.is_installed("rest_framework_simplejwt.token_blacklist")
    if not (listed or own.get("CHECK_REVOKE_TOKEN")):
        yield checks.Error(
            "Refresh tokens would outlive a new password and a change of number.",
            hint="Add 'rest_framework_simplejwt.token_blacklist' to INSTALLED_APPS, or"
            " set CHECK_REVOKE_TOKEN in SIMPLE_JWT.",
            id=TOKENS_SURVIVE,
        )


def _session() -> Iterator[checks.CheckMessage]:
    # Without them a right code is spent on an error.
    for path in (
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ):
        kind = import_string(path)
        if not any(_is_kind(name, kind) for name in django_settings.MIDDLEWARE):
            yield _nothing(f"'session' needs {path!r} in MIDDLEWARE.")


def _is_kind(path: str | type, kind: type) -> bool:
    try:
        found = import_string(path) if isinstance(path, str) else path
    except ImportError:
        return False  # told by Django itself
    return isinstance(found, type) and issubclass(found, kind)


def _callable(path: str) -> Iterator[checks.CheckMessage]:
    try:
        grant = import_string(path)
    except ImportError as error:
        yield _nothing(str(error))
        return
    if not callable(grant):
        yield _nothing("It names nothing that can be called.")


def _nothing(why: str) -> checks.Error:
    return checks.Error(f"{_LOGIN_WITH}: {why}", id=LOGIN_WITH_NOTHING)
