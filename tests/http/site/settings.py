"""The races' site, whose people go on with what ``LOGIN_WITH`` names."""

from __future__ import annotations

import os
from datetime import timedelta

from tests.race.site.settings import *  # noqa: F403
from tests.race.site.settings import DATABASES, INSTALLED_APPS

ROOT_URLCONF = "tests.http.site.urls"
INSTALLED_APPS = list(
    dict.fromkeys(
        [
            *INSTALLED_APPS,
            "rest_framework.authtoken",
            "rest_framework_simplejwt.token_blacklist",
        ]
    )
)
DATABASES["default"]["TEST"] = {"NAME": DATABASES["default"]["NAME"]}

# HMAC-SHA256 wants so many bytes of it.
SECRET_KEY = "a key for tests, and for nothing else in the world"

SMS_VERIFICATION_LOGIN_WITH = os.environ["LOGIN_WITH"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": {
        "session": ["rest_framework.authentication.SessionAuthentication"],
        "token": ["rest_framework.authentication.TokenAuthentication"],
        "jwt": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
    }[SMS_VERIFICATION_LOGIN_WITH],
}

AUTH_USER_MODEL = os.environ["USER_MODEL"]
if AUTH_USER_MODEL != "auth.User":
    SMS_VERIFICATION_ACCOUNTS = "sms_verification.accounts.UserFieldAccounts"

SMS_VERIFICATION_CREATE_USERS = False
# One person does in a second what takes another a day.
SMS_VERIFICATION_RESEND_COOLDOWNS = [timedelta(microseconds=1)]
SMS_VERIFICATION_PHONE_NUMBER_LIMITS = ["1000000/s"]
