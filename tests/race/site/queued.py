"""The same site with a queue in its database, whose workers send."""

from __future__ import annotations

from tests.race.site.settings import *  # noqa: F403
from tests.race.site.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django_tasks_db"]
TASKS = {"sms": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["codes"]}}
SMS_VERIFICATION_TASK_BACKEND = "sms"
SMS_VERIFICATION_PURPOSES = {"reset_password": {"NEEDS_ACCOUNT": True}}
