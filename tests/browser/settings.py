"""The example site, for a browser that has no time to wait."""

from __future__ import annotations

from django.utils import timezone
from example.settings import *  # noqa: F403
from example.settings import MIDDLEWARE

from tests.browser import later

# All tests come from one address, and more often than people do.
SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["10000/h"], "check": ["10000/h"]}

# Before any model takes it for a default.
timezone.now = later.now
MIDDLEWARE = ["tests.browser.later.answer_later", *MIDDLEWARE]
