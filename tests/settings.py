"""One settings module for the suite.

``DATABASE`` names the server to use, ``USER_MODEL`` the user model.
"""

from __future__ import annotations

import os

SECRET_KEY = "a key for tests, and for nothing else"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "tests.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Tables point at it, so it holds for a whole run: see tests/test_user_models.py.
AUTH_USER_MODEL = os.environ.get("USER_MODEL", "auth.User")
STATIC_URL = "/static/"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "sms_verification",
    "tests",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
AUTHENTICATION_BACKENDS = [
    "sms_verification.backends.PhoneCodeBackend",
    "django.contrib.auth.backends.ModelBackend",
]
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

_DATABASES = {
    "sqlite": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("SQLITE_NAME", ":memory:"),
        "OPTIONS": {"timeout": 60},
    },
    "postgresql": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("DATABASE_NAME", "sms_verification"),
        "USER": "postgres",
        "HOST": "127.0.0.1",
    },
    "mariadb": {
        "ENGINE": "django.db.backends.mysql",
        "NAME": os.environ.get("DATABASE_NAME", "sms_verification"),
        "USER": "root",
        "HOST": "127.0.0.1",
        "OPTIONS": {"charset": "utf8mb4"},
    },
}
DATABASES = {"default": _DATABASES[os.environ.get("DATABASE", "sqlite")]}

SMS_VERIFICATION_PROVIDERS = {
    "default": {"BACKEND": "sms_verification.providers.locmem.LocmemProvider"},
}
SMS_VERIFICATION_DEFAULT_REGION = "CN"
SMS_VERIFICATION_DEVELOPMENT_PROVIDERS = ["default"]
