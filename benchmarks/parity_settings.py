"""The same host with a queue, whose vendor takes a tenth of a second."""

from __future__ import annotations

from datetime import timedelta

from benchmarks.settings import *  # noqa: F403
from benchmarks.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django_tasks_db"]
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

SMS_VERIFICATION_TASK_BACKEND = "default"
SMS_VERIFICATION_PROVIDERS = {
    "default": {
        "BACKEND": "tests.vendors.Crawling",
        "OPTIONS": {"seconds": 0.1, "accepts": True},
    },
}
# Over by the time that each number is asked for again.
SMS_VERIFICATION_RESEND_COOLDOWNS = [timedelta(milliseconds=1)]
