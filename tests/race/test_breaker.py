from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from sms_verification import breaker
from sms_verification.models import Outcome
from tests.race.server import REDIS_URL


@pytest.mark.service("redis")
class BreakerTests:
    def test_loses_none_of_the_failures_that_come_at_once(self, settings: Any) -> None:
        backend = "django.core.cache.backends.redis.RedisCache"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": REDIS_URL}}
        aliases = [uuid4().hex for _ in range(20)]

        def fail(alias: str) -> None:
            breaker.note(alias, Outcome.UNKNOWN, "", timedelta(0))

        with ThreadPoolExecutor(10) as crowd:
            list(crowd.map(fail, [a for a in aliases for _ in range(4)]))
            assert breaker.left_out(aliases) == set()
            list(crowd.map(fail, aliases))
        assert breaker.left_out(aliases) == set(aliases)
