"""A site on one's own machine: no key, no service, SMS on a simulated phone."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

# Known to everybody, like DEBUG fit for one's own machine only.
SECRET_KEY = "django-insecure-example-project"  # noqa: S105
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "sms_verification",
    "demo",
    "phone",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "example.csp.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "example.urls"
WSGI_APPLICATION = "example.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASE = Path(os.environ.get("EXAMPLE_DATABASE", BASE_DIR / "db.sqlite3"))
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATABASE,
        # A writer waits for the one before it; readers do not wait at all.
        "OPTIONS": {"timeout": 20, "init_command": "PRAGMA journal_mode=wal"},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = [
    "sms_verification.backends.PhoneCodeBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "phone_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]

REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Example of django-sms-verification",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # From the installed package, not from a CDN.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"sms_verification": {"handlers": ["console"], "level": "INFO"}},
}

# What the simulated phone shows.
SMS_FILE = DATABASE.with_name("sms.jsonl")

_PROVIDERS = {
    "file": {
        "BACKEND": "sms_verification.providers.file.FileProvider",
        "OPTIONS": {"path": SMS_FILE},
    },
    # Needs the extra "aliyun". The keys are those that the simulated vendor takes.
    "aliyun": {
        "BACKEND": "phone.vendor.SimulatedAliyunProvider",
        "OPTIONS": {
            "access_key_id": "simulated-key-id",
            "access_key_secret": "simulated-key-secret",
            "sign_name": "模拟网站",
            "templates": {"default": "SMS_100001"},
            "international": {
                "sign_name": "模拟网站",
                "templates": {"default": "SMS_100002"},
            },
        },
    },
}
_PROVIDER = _PROVIDERS[os.environ.get("EXAMPLE_PROVIDER", "file")]
# Two, as a site has them whose SMS must come: a resend goes by the other one.
SMS_VERIFICATION_PROVIDERS = {"default": _PROVIDER, "backup": _PROVIDER}
SMS_VERIFICATION_ROUTES = {"+": ["default", "backup"]}
SMS_VERIFICATION_DEFAULT_REGION = "CN"
SMS_VERIFICATION_CREATE_USERS = True
# Carriers re-issue numbers: an account that has lain idle asks for its password too.
SMS_VERIFICATION_DORMANT_AFTER = timedelta(days=90)
# What the code is for that a withdrawal asks for once more.
SMS_VERIFICATION_PURPOSES: dict[str, dict[str, object]] = {"withdraw": {}}
