"""A host with nothing but the app and the floor, on PostgreSQL."""

from __future__ import annotations

import os

SECRET_KEY = "a key for benchmarks, and for nothing else"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "benchmarks.urls"
WSGI_APPLICATION = "benchmarks.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "rest_framework",
    "sms_verification",
]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": []}
AUTHENTICATION_BACKENDS = ["sms_verification.backends.PhoneCodeBackend"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("BENCHMARK_DATABASE", "sms_verification_benchmark"),
        "USER": os.environ.get("PGUSER", "postgres"),
        "HOST": os.environ.get("PGHOST", "127.0.0.1"),
        "PORT": os.environ.get("PGPORT", "5432"),
        "CONN_MAX_AGE": None,
    }
}
LOGGING_CONFIG = None

SMS_VERIFICATION_PROVIDERS = {
    "default": {"BACKEND": "sms_verification.providers.dummy.DummyProvider"},
}
# In force and counted, and never met.
SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["1000000/h"], "check": ["1000000/h"]}
