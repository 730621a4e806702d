"""The benchmark's host with an admin, and more providers to filter by."""

from __future__ import annotations

from benchmarks.settings import *  # noqa: F403
from benchmarks.settings import DATABASES, INSTALLED_APPS
from tests.settings import MIDDLEWARE, TEMPLATES  # noqa: F401

ROOT_URLCONF = "benchmarks.staff_urls"
TIME_ZONE = "Asia/Shanghai"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *INSTALLED_APPS,
]
STATIC_URL = "/static/"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
DATABASES["default"]["NAME"] += "_staff"

_DUMMY = {"BACKEND": "sms_verification.providers.dummy.DummyProvider"}
SMS_VERIFICATION_PROVIDERS = {"default": _DUMMY, "backup": _DUMMY, "world": _DUMMY}
SMS_VERIFICATION_DEFAULT_REGION = "CN"
