"""What a host should know before people do: each setting, and what it leaves open."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.core import checks, mail
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from sms_verification import axes
from sms_verification.account_checks import check_accounts
from sms_verification.backends import PhoneCodeBackend
from sms_verification.conf import settings
from sms_verification.provider_checks import Found, check_providers
from sms_verification.queue_checks import check_queue
from sms_verification.setting_values import PREFIX

# Each setting's own id, so that a host can silence or look up one alone. The order
# is for ever: a new setting goes to the end.
SETTING_IDS = {
    "PROVIDERS": "E001",
    "ROUTES": "E002",
    "DEVELOPMENT_PROVIDERS": "E003",
    "CODE_LENGTH": "E004",
    "CODE_LIFETIME": "E005",
    "MAX_LIFETIME": "E006",
    "MAX_CHECKS": "E007",
    "RESEND_COOLDOWNS": "E008",
    "PHONE_NUMBER_LIMITS": "E009",
    "CLIENT_LIMITS": "E010",
    "LOCKOUT_AFTER": "E011",
    "LOCKOUT": "E012",
    "DEFAULT_REGION": "E013",
    "PURPOSES": "E014",
    "ACCOUNTS": "E015",
    "CREATE_USERS": "E016",
    "TRUSTED_PROXIES": "E017",
    "TEST_NUMBERS": "E018",
    "SECRET_KEYS": "E019",
    "RETENTION": "E020",
    "SIMULATORS": "E021",
    "TASK_BACKEND": "E022",
    "LOGIN_WITH": "E023",
    "ALLOW_STAFF": "E024",
    "DORMANT_AFTER": "E025",
}
NO_TIME_ZONES = "sms_verification.E110"
UNKNOWN_SETTING = "sms_verification.W001"
SHORT_CODE = "sms_verification.W002"
CACHE_NOT_SHARED = "sms_verification.W003"
ATOMIC_REQUESTS = "sms_verification.W004"
TEST_NUMBERS_LIVE = "sms_verification.W005"
BACKEND_MISSING = "sms_verification.W006"
LIMITS_OFF = "sms_verification.W007"
SIMULATORS_LIVE = "sms_verification.W008"
AXES_UNAWARE = "sms_verification.W012"

# SECRET_KEYS is read from these two.
_KEY_SETTINGS = {"SECRET_KEY", "SECRET_KEY_FALLBACKS"}
_LOCAL_CACHES = {
    "django.core.cache.backends.locmem.LocMemCache",
    "django.core.cache.backends.dummy.DummyCache",
}


@checks.register(checks.Tags.security)
def check_settings(**kwargs: Any) -> list[checks.CheckMessage]:  # noqa: ARG001
    """Report every setting that is bad; look further only when none is."""
    found: list[checks.CheckMessage] = []
    for name, number in SETTING_IDS.items():
        try:
            getattr(settings, name)
        except ImproperlyConfigured as error:
            found.append(checks.Error(str(error), id=f"sms_verification.{number}"))
    found.extend(_unknown_settings())
    if not any(message.is_serious() for message in found):
        found.extend(_consequences())
    return found


def _consequences() -> Found:
    yield from check_providers(developing=_developing())
    yield from check_queue(developing=_developing())
    yield from check_accounts()
    yield from _short_codes()
    yield from _cache()
    yield from _limits_off()
    yield from _atomic_requests()
    yield from _test_numbers()
    yield from _simulators()
    yield from _backend()
    yield from _time_zones()
    yield from _axes()


def _unknown_settings() -> Found:
    known = SETTING_IDS.keys() - {"SECRET_KEYS"} | _KEY_SETTINGS
    for name in dir(django_settings):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known:
            yield checks.Warning(f"There is no setting {name}.", id=UNKNOWN_SETTING)


def _short_codes() -> Found:
    for purpose in settings.PURPOSES.values():
        if purpose.code_length < 6:
            yield checks.Warning(
                f"Codes for {purpose.name!r} have {purpose.code_length} digits: under"
                " the 20 bits that OWASP ASVS 6.5.4 and NIST SP 800-63B demand.",
                id=SHORT_CODE,
            )


def _cache() -> Found:
    alias = getattr(django_settings, "RATELIMIT_USE_CACHE", "default")
    caches: dict[str, Any] = dict(django_settings.CACHES)
    backend = caches.get(str(alias), {}).get("BACKEND", "")
    if is_local(backend) and not _developing():
        yield checks.Warning(
            f"The cache {alias!r} is not shared by processes, so limits by address"
            " hold in each process alone. A number's own limits are not affected.",
            hint="Use Redis or Memcached, in CACHES or by RATELIMIT_USE_CACHE.",
            id=CACHE_NOT_SHARED,
        )


def is_local(backend: str) -> bool:
    """Whether a cache of this class is each process's own."""
    return backend in _LOCAL_CACHES


def _limits_off() -> Found:
    off = not getattr(django_settings, "RATELIMIT_ENABLE", True)
    if off and not _developing():
        yield checks.Warning(
            "RATELIMIT_ENABLE is False: no limit by address holds.", id=LIMITS_OFF
        )


def _atomic_requests() -> Found:
    databases: dict[str, Any] = dict(django_settings.DATABASES)
    for alias, database in databases.items():
        if database.get("ATOMIC_REQUESTS"):
            yield checks.Warning(
                f"DATABASES[{alias!r}] has ATOMIC_REQUESTS. The app's own views stay"
                " outside of it. A view of yours that calls start, resend, check or"
                " authenticate is refused there, since a rollback would give guesses"
                " back.",
                hint="Decorate such views with @transaction.non_atomic_requests.",
                id=ATOMIC_REQUESTS,
            )


def _test_numbers() -> Found:
    count = len(settings.TEST_NUMBERS)
    if count and not _developing():
        yield checks.Warning(
            f"{count} test number(s) can log in without an SMS until their day.",
            id=TEST_NUMBERS_LIVE,
        )


def _simulators() -> Found:
    if settings.SIMULATORS and not _developing():
        yield checks.Warning(
            "SMS_VERIFICATION_SIMULATORS is on: whoever reaches the simulators reads"
            " the codes that are sent to them.",
            id=SIMULATORS_LIVE,
        )


def _backend() -> Found:
    path = "sms_verification.backends.PhoneCodeBackend"
    if not any(map(_logs_in_by_code, django_settings.AUTHENTICATION_BACKENDS)):
        yield checks.Warning(
            "Nobody can log in by code: no authentication backend is the app's.",
            hint=f"Add {path!r} to AUTHENTICATION_BACKENDS.",
            id=BACKEND_MISSING,
        )


def _time_zones() -> Found:
    if not django_settings.USE_TZ:
        yield checks.Error(
            "USE_TZ is False: moments are compared that need a time zone.",
            id=NO_TIME_ZONES,
        )


def _axes() -> Found:
    if not apps.is_installed("axes"):
        return
    hidden = getattr(django_settings, "AXES_SENSITIVE_PARAMETERS", [])
    if shown := sorted(axes.SENSITIVE.difference(hidden)):
        yield checks.Warning(
            f"django-axes would store what people post as {', '.join(shown)}.",
            hint="Add these names to AXES_SENSITIVE_PARAMETERS.",
            id=AXES_UNAWARE,
        )
    named_by = getattr(django_settings, "AXES_USERNAME_CALLABLE", None)
    if named_by not in (axes.CALLABLE, axes.username):
        yield checks.Warning(
            "django-axes does not know whose login a failed code is.",
            hint=f"Set AXES_USERNAME_CALLABLE to {axes.CALLABLE!r}.",
            id=AXES_UNAWARE,
        )


def _logs_in_by_code(path: str) -> bool:
    try:
        backend = import_string(path)
    except ImportError:
        return False  # Django's to report
    return isinstance(backend, type) and issubclass(backend, PhoneCodeBackend)


def _developing() -> bool:
    """In DEBUG, or in a test run, which Django marks by giving mail an outbox."""
    return django_settings.DEBUG or hasattr(mail, "outbox")
