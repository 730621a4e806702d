"""A host's site, as the suite's settings have it, behind gunicorn."""

from __future__ import annotations

import os
from pathlib import Path

from tests.settings import *  # noqa: F403

# Where the test reads what the site's processes write.
DIRECTORY = Path(os.environ["RACE_DIRECTORY"])
SMS_FILE = DIRECTORY / "sms.jsonl"
STUCK_PIPE = DIRECTORY / "stuck"

ROOT_URLCONF = "tests.race.site.urls"
DEBUG = False
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}

if url := os.environ["RACE_REDIS_URL"]:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url,
        },
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": DIRECTORY / "cache",
        },
    }

SMS_VERIFICATION_PROVIDERS = {
    "default": {
        "BACKEND": "sms_verification.providers.file.FileProvider",
        "OPTIONS": {"path": SMS_FILE},
    },
    "stuck": {
        "BACKEND": "tests.race.site.stuck.StuckProvider",
        "OPTIONS": {"path": SMS_FILE},
    },
}
SMS_VERIFICATION_DEVELOPMENT_PROVIDERS = ["default", "stuck"]
SMS_VERIFICATION_ROUTES = {"+86139": ["stuck"], "+": ["default"]}
SMS_VERIFICATION_PURPOSES = {"stuck_check": {}}
SMS_VERIFICATION_CREATE_USERS = True
# So high that only what stands in the database refuses anything.
SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["1000000/s"], "check": ["1000000/s"]}
