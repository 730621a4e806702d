from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

from django.conf import settings as django_settings
from django.core.cache import caches
from django.core.checks import CheckMessage
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sms_verification import checks, provider_checks
from sms_verification.conf import settings
from sms_verification.management.doctor.lines import Line, fails, fine, note, told
from sms_verification.setting_values import PREFIX

# What the other sections tell, whether the site is live or not.
_TOLD_ELSEWHERE = {
    checks.CACHE_NOT_SHARED,
    checks.TEST_NUMBERS_LIVE,
    checks.SIMULATORS_LIVE,
    *provider_checks.IDS,
}


def settings_lines(found: list[CheckMessage]) -> Iterator[Line]:
    here = [message for message in found if message.id not in _TOLD_ELSEWHERE]
    if not here:
        yield fine(_("Each SMS_VERIFICATION setting is sound."))
    yield from map(told, here)


def lines() -> Iterator[Line]:
    yield from _cache()
    yield _proxies()
    yield _region()
    yield from _keys()
    yield _test_numbers()
    if settings.SIMULATORS:
        yield note(
            _("The vendors' simulators are open: whoever reaches them reads codes.")
        )
    if django_settings.DEBUG:
        yield note(_("DEBUG is on. It must be off where people are served."))
    else:
        yield fine(_("DEBUG is off."))


def _cache() -> Iterator[Line]:
    alias = getattr(django_settings, "RATELIMIT_USE_CACHE", "default")
    backend = caches[alias].__class__
    names = {"alias": alias, "backend": backend.__name__}
    if problem := _problem(alias):
        yield fails(
            _("The cache %(alias)r (%(backend)s) does not answer: %(problem)s.")
            % {**names, "problem": problem},
            _("Without it, everybody is refused by the limits of addresses."),
        )
    elif checks.is_local(f"{backend.__module__}.{backend.__qualname__}"):
        yield note(
            _("The cache %(alias)r (%(backend)s) is not shared by processes.") % names,
            _("Use Redis or Memcached, in CACHES or by RATELIMIT_USE_CACHE."),
        )
    else:
        yield fine(_("The cache %(alias)r (%(backend)s) answers.") % names)


def _problem(alias: str) -> str:
    """Say why nothing can be kept in the cache, if it cannot."""
    key = f"sms_verification.doctor.{uuid4().hex}"
    try:
        caches[alias].set(key, 1, timeout=10)
        return "" if caches[alias].get(key) == 1 else _("it keeps nothing")
    except Exception as error:  # each cache backend has its own
        return type(error).__name__


def _proxies() -> Line:
    count = settings.TRUSTED_PROXIES
    if count:
        return fine(
            ngettext(
                "%(count)d proxy is trusted to tell a client's address.",
                "%(count)d proxies are trusted to tell a client's address.",
                count,
            )
            % {"count": count}
        )
    text = _("A client's address is that of whoever connects: no proxy is trusted.")
    if django_settings.SECURE_PROXY_SSL_HEADER or django_settings.USE_X_FORWARDED_HOST:
        # Other settings say that there is one.
        hint = _("Behind a proxy all people share its limits: %(name)s = 1.")
        return note(text, hint % {"name": f"{PREFIX}TRUSTED_PROXIES"})
    return fine(text)


def _region() -> Line:
    if settings.DEFAULT_REGION:
        text = _("A number typed without its country is one of %(region)s.")
        return fine(text % {"region": settings.DEFAULT_REGION})
    return fine(_("A number must be typed with its country: no default region."))


def _keys() -> Iterator[Line]:
    own = getattr(django_settings, f"{PREFIX}SECRET_KEY", None)
    key, *fallbacks = settings.SECRET_KEYS
    name = f"{PREFIX}SECRET_KEY" if own else "SECRET_KEY"
    text = ngettext(
        "Codes are derived from %(name)s, with %(count)d fallback.",
        "Codes are derived from %(name)s, with %(count)d fallbacks.",
        len(fallbacks),
    ) % {"name": name, "count": len(fallbacks)}
    if str(key).startswith("django-insecure-"):
        yield note(text, _("This one was generated for development. Make another."))
    else:
        yield fine(text)


def _test_numbers() -> Line:
    today = timezone.now().date()
    days = [n.until for n in settings.TEST_NUMBERS.values() if n.until >= today]
    if not days:
        return fine(_("No test number can log in without an SMS."))
    text = ngettext(
        "%(count)d test number can log in without an SMS, until %(until)s.",
        "%(count)d test numbers can log in without an SMS, until %(until)s.",
        len(days),
    )
    return note(text % {"count": len(days), "until": max(days)})
