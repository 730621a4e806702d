"""The app's settings, each a typed property that is read when it is asked for.

Nothing is cached, so ``override_settings`` works. A value that cannot be used
raises ``ImproperlyConfigured``; ``checks`` turns each into a system check.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.views.decorators.debug import sensitive_variables
from phonenumbers import SUPPORTED_REGIONS

from sms_verification import setting_values as values
from sms_verification.exceptions import UnknownPurpose
from sms_verification.types import Purpose, Rate, TestNumber

_ALIAS = re.compile(r"[^/]{1,64}")

_PURPOSE_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)

_PREFIX = re.compile(r"\+\d{0,15}", re.ASCII)

_BUILT_IN_PURPOSES: dict[str, dict[str, Any]] = {
    "register": {},
    "login": {},
    "reset_password": {"NEEDS_ACCOUNT": True},
    "change_phone": {"SIGNED_IN": True},
}
# What is told by SMS, and is nothing that a client could ask for.
NOTICES = {"phone_changed"}
_PURPOSE_OPTIONS = {"CODE_LENGTH", "NEEDS_ACCOUNT", "SIGNED_IN"}


class Settings:
    """``SMS_VERIFICATION_*`` of the host's settings, without the prefix."""

    @property
    @sensitive_variables()
    def PROVIDERS(self) -> dict[str, dict[str, Any]]:
        default = {
            "default": {
                "BACKEND": "sms_verification.providers.console.ConsoleProvider",
            },
        }
        value = values.get("PROVIDERS", default)
        if not isinstance(value, dict) or not value:
            # Its type alone: the value may hold keys.
            raise values.bad("PROVIDERS", "a dict of aliases", type(value))
        for alias in value:
            # As long as the column of deliveries, and a part of a path for receipts.
            if not isinstance(alias, str) or not _ALIAS.fullmatch(alias):
                expected = "a dict of short names without a slash"
                raise values.bad("PROVIDERS", expected, alias)
        return value

    @property
    def ROUTES(self) -> dict[str, list[str]]:
        """Aliases by prefix of the number. The longest prefix wins."""
        value = values.get("ROUTES", {"+": ["default"]})
        if not isinstance(value, dict):
            raise values.bad("ROUTES", "a dict of prefixes, each with aliases", value)
        return {prefix: self._route(prefix, value[prefix]) for prefix in value}

    @property
    def DEVELOPMENT_PROVIDERS(self) -> list[str]:
        """Aliases of providers made for development that may run in production."""
        return values.strings("DEVELOPMENT_PROVIDERS", [])

    @property
    def CODE_LENGTH(self) -> int:
        """Digits of a code. Below six is under the 20 bits of ASVS 6.5.4."""
        return values.code_length("CODE_LENGTH", values.get("CODE_LENGTH", 6))

    @property
    def CODE_LIFETIME(self) -> timedelta:
        return values.duration("CODE_LIFETIME", timedelta(minutes=5))

    @property
    def MAX_LIFETIME(self) -> timedelta:
        """How long resends can keep a code alive: NIST SP 800-63B allows 10 minutes."""
        value = values.duration("MAX_LIFETIME", timedelta(minutes=10))
        if value < self.CODE_LIFETIME:
            raise values.bad("MAX_LIFETIME", "at least CODE_LIFETIME", value)
        if value > timedelta(minutes=10):
            raise values.bad("MAX_LIFETIME", "at most ten minutes", value)
        return value

    @property
    def MAX_CHECKS(self) -> int:
        return values.count("MAX_CHECKS", 5, most=10)

    @property
    def RESEND_COOLDOWNS(self) -> list[timedelta]:
        """The pause after the first send of the last hour, the second, …

        The first two are a vendor's minute and the margin of ``limits``.
        """
        default = [timedelta(seconds=s) for s in (65, 65, 120, 300, 600)]
        value = values.get("RESEND_COOLDOWNS", default)
        if (
            not values.is_list(value)
            or not value
            or not all(map(values.is_duration, value))
        ):
            raise values.bad("RESEND_COOLDOWNS", "a list of timedeltas", value)
        return list(value)

    @property
    def PHONE_NUMBER_LIMITS(self) -> list[Rate]:
        return values.rates(
            "PHONE_NUMBER_LIMITS", values.get("PHONE_NUMBER_LIMITS", ["5/h", "10/d"])
        )

    @property
    def CLIENT_LIMITS(self) -> dict[str, list[Rate]]:
        """Rates by action. Generous, since mobile networks share addresses."""
        default = {"start": ["20/h", "60/d"], "check": ["60/h"]}
        value = values.get("CLIENT_LIMITS", default)
        if not isinstance(value, dict) or not value.keys() <= default.keys():
            raise values.bad("CLIENT_LIMITS", "a dict of 'start' and 'check'", value)
        merged = {**default, **value}
        return {
            action: values.rates("CLIENT_LIMITS", r) for action, r in merged.items()
        }

    @property
    def LOCKOUT_AFTER(self) -> int:
        """Consecutive failures of a number. NIST SP 800-63B allows 100."""
        return values.count("LOCKOUT_AFTER", 100, most=100)

    @property
    def LOCKOUT(self) -> timedelta:
        return values.duration("LOCKOUT", timedelta(hours=24))

    @property
    def DEFAULT_REGION(self) -> str | None:
        value = values.get("DEFAULT_REGION", None)
        if value is None:
            return None
        # Britain is "GB", not "UK": with a region that is none, no number is one.
        if not isinstance(value, str) or value not in SUPPORTED_REGIONS:
            raise values.bad("DEFAULT_REGION", "a country code like 'CN'", value)
        return value

    @property
    def PURPOSES(self) -> dict[str, Purpose]:
        """The four, with the host's own and its changes, without what it switched off."""
        return {name: self._purpose(name, own) for name, own in self._on().items()}

    @property
    def ACCOUNTS(self) -> str:
        return values.path("ACCOUNTS", "sms_verification.accounts.LinkedAccounts")

    @property
    def CREATE_USERS(self) -> bool:
        """Whether a login with a number that is nobody's makes a user."""
        return values.boolean("CREATE_USERS", values.get("CREATE_USERS", False))

    @property
    def LOGIN_WITH(self) -> str:
        """``session``, ``token``, ``jwt``, or the path of a callable."""
        value = values.get("LOGIN_WITH", "session")
        if value in {"session", "token", "jwt"}:
            return str(value)
        if not isinstance(value, str) or "." not in value:
            expected = "'session', 'token', 'jwt' or the path of a callable"
            raise values.bad("LOGIN_WITH", expected, value)
        return value

    @property
    def ALLOW_STAFF(self) -> bool:
        """Whether staff and superusers may log in and set passwords by SMS."""
        return values.boolean("ALLOW_STAFF", values.get("ALLOW_STAFF", False))

    @property
    def DORMANT_AFTER(self) -> timedelta | None:
        """How long unused, until a number may have been re-issued to somebody else."""
        if values.get("DORMANT_AFTER", None) is None:
            return None
        return values.duration("DORMANT_AFTER", timedelta(days=90))

    @property
    def TRUSTED_PROXIES(self) -> int:
        """How many proxies of the host's append to ``X-Forwarded-For``."""
        return values.count("TRUSTED_PROXIES", 0, least=0)

    @property
    def TEST_NUMBERS(self) -> dict[str, TestNumber]:
        value = values.get("TEST_NUMBERS", {})
        if not isinstance(value, dict):
            raise values.bad("TEST_NUMBERS", "a dict of E.164 numbers", type(value))
        return {n: values.test_number(n, entry) for n, entry in value.items()}

    @property
    @sensitive_variables()
    def SECRET_KEYS(self) -> list[str | bytes]:
        """``SECRET_KEY`` of the app or of Django, then its fallbacks."""
        own = values.get("SECRET_KEY", None)
        fallbacks = values.get("SECRET_KEY_FALLBACKS", None)
        if fallbacks is None:
            fallbacks = [] if own else django_settings.SECRET_KEY_FALLBACKS
        # The values are not told: they may be most of a key. A str is no list of
        # keys: each letter of it would be one, and proofs could be forged.
        if not values.is_list(fallbacks):
            raise ImproperlyConfigured("SECRET_KEY_FALLBACKS must be a list of keys.")
        keys = [own or django_settings.SECRET_KEY, *fallbacks]
        if not all(isinstance(key, str | bytes) and key for key in keys):
            raise ImproperlyConfigured(
                f"{values.PREFIX}SECRET_KEY must be a str or bytes."
            )
        return keys

    @property
    def RETENTION(self) -> timedelta:
        """What is deleted after it lifts no limit: no window may reach further back."""
        value = values.duration("RETENTION", timedelta(days=180))
        windows = [rate.period for rate in self.PHONE_NUMBER_LIMITS]
        if value < max([timedelta(days=1), *windows]):
            raise values.bad("RETENTION", "a day and as long as any limit", value)
        return value

    @property
    def SIMULATORS(self) -> bool:
        """Whether the vendors' simulators answer outside of ``DEBUG`` too."""
        return values.boolean("SIMULATORS", values.get("SIMULATORS", False))

    @property
    def TASK_BACKEND(self) -> str | None:
        """The alias of ``TASKS`` whose workers send. ``None``: the request does."""
        value = values.get("TASK_BACKEND", None)
        # Where a host sets none, both frameworks of tasks know this one.
        tasks = getattr(django_settings, "TASKS", None) or {"default": {}}
        if value is not None and not (isinstance(value, str) and value in tasks):
            raise values.bad("TASK_BACKEND", "an alias of TASKS", value)
        return value

    def purpose(self, name: str) -> Purpose:
        """Return one of ``PURPOSES``. Raise ``UnknownPurpose``."""
        if name in NOTICES:
            return Purpose(name=name, code_length=self.CODE_LENGTH, is_notice=True)
        own = self._on()
        if name not in own:
            raise UnknownPurpose("Not a purpose of this site.")
        return self._purpose(name, own[name])

    def _on(self) -> dict[str, Any]:
        """Return the options that the host gives to each purpose it has not put off."""
        own = values.get("PURPOSES", {})
        if not isinstance(own, dict) or NOTICES & own.keys():
            expected = f"a dict of names, each with options, and none of {NOTICES}"
            raise values.bad("PURPOSES", expected, own)
        given: dict[str, Any] = {name: {} for name in _BUILT_IN_PURPOSES} | own
        off = {name for name in _BUILT_IN_PURPOSES if given[name] is None}
        return {name: options for name, options in given.items() if name not in off}

    def _route(self, prefix: object, aliases: object) -> list[str]:
        if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
            raise values.bad("ROUTES", "a dict whose keys are like '+86'", prefix)
        if not isinstance(aliases, list | tuple) or not aliases:
            raise values.bad("ROUTES", "a dict whose values are lists", aliases)
        if len(set(map(str, aliases))) < len(aliases):
            raise values.bad("ROUTES", "made of aliases that stand once", aliases)
        for alias in aliases:
            if not isinstance(alias, str) or alias not in self.PROVIDERS:
                raise values.bad("ROUTES", "made of aliases of PROVIDERS", alias)
        return list(aliases)

    def _purpose(self, name: str, own: Mapping[str, Any]) -> Purpose:
        if not _PURPOSE_NAME.fullmatch(str(name)):
            raise values.bad("PURPOSES", "named in lower case with underscores", name)
        if not isinstance(own, dict) or not own.keys() <= _PURPOSE_OPTIONS:
            raise values.bad("PURPOSES", f"made of {sorted(_PURPOSE_OPTIONS)}", own)
        options = {**_BUILT_IN_PURPOSES.get(name, {}), **own}
        built_in = name in _BUILT_IN_PURPOSES
        needs_account = name == "login" and not self.CREATE_USERS
        # A host's own is for who is signed in, unless the host says otherwise.
        signed_in = values.boolean("PURPOSES", options.get("SIGNED_IN", not built_in))
        return Purpose(
            name=name,
            code_length=values.code_length(
                "PURPOSES", options.get("CODE_LENGTH", self.CODE_LENGTH)
            ),
            needs_account=values.boolean(
                "PURPOSES", options.get("NEEDS_ACCOUNT", needs_account)
            ),
            signed_in=signed_in,
            own_number=signed_in and not built_in,
            test_numbers=name in {"login", "register"},
        )


settings = Settings()
