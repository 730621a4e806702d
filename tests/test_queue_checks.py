from __future__ import annotations

import sys
from typing import Any

import pytest
from django.core import checks, mail

from sms_verification import queues
from sms_verification.checks import check_settings
from sms_verification.queue_checks import check_time
from tests.queues import tasks
from tests.test_checks import only

IMMEDIATE = f"{queues.framework().__name__}.backends.immediate.ImmediateBackend"


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    """A site that serves people: no test run, no DEBUG, a shared cache."""
    monkeypatch.delattr(mail, "outbox")
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}
    }
    return settings


@pytest.fixture
def queue(settings: Any) -> Any:
    settings.SMS_VERIFICATION_TASK_BACKEND = "default"

    def choose(**entry: Any) -> None:
        settings.TASKS = {"default": entry}

    return choose


class TestQueue:
    def test_that_is_sound_is_not_mentioned(self, live: Any) -> None:
        live.SMS_VERIFICATION_TASK_BACKEND = "default"
        live.TASKS = tasks("HeldBackend")
        assert check_settings() == []

    @pytest.mark.parametrize("alias", ["sms", "", 1, ["default"]])
    def test_that_is_no_alias_of_tasks(self, settings: Any, alias: object) -> None:
        settings.TASKS = tasks("HeldBackend")
        settings.SMS_VERIFICATION_TASK_BACKEND = alias
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.E022", checks.ERROR)
        assert found.msg == (
            f"SMS_VERIFICATION_TASK_BACKEND must be an alias of TASKS, not {alias!r}."
        )

    def test_without_a_framework_tells_what_to_install(
        self, queue: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("django.tasks", "django_tasks"):
            monkeypatch.setitem(sys.modules, name, None)
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.E022", checks.ERROR)
        assert "pip install 'django-sms-verification[tasks]'" in found.msg

    def test_whose_backend_cannot_be_found(self, queue: Any) -> None:
        queue(BACKEND="tests.nowhere.Backend")
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.E022", checks.ERROR)
        assert "tests.nowhere.Backend" in found.msg

    def test_whose_backend_cannot_be_built_is_told_without_its_values(
        self, queue: Any
    ) -> None:
        queue(BACKEND="tests.queues.UnbuildableBackend")
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.E022", checks.ERROR)
        assert found.msg == "TASKS['default'] cannot be built: ValueError."

    def test_without_workers_is_a_warning_on_a_live_site(
        self,
        live: Any,
        queue: Any,
    ) -> None:
        queue(BACKEND=IMMEDIATE)
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.W011", checks.WARNING)

    def test_without_workers_will_do_for_development(self, queue: Any) -> None:
        queue(BACKEND=IMMEDIATE)
        assert check_settings() == []

    def test_without_workers_is_what_django_has_by_itself(
        self,
        live: Any,
    ) -> None:
        live.SMS_VERIFICATION_TASK_BACKEND = "default"
        assert only(check_settings()).id == "sms_verification.W011"


class TestTime:
    def test_tells_who_has_an_account_where_the_request_sends(self) -> None:
        found = only(check_time())
        assert (found.id, found.level) == ("sms_verification.W010", checks.WARNING)
        assert found.msg.startswith("For login, reset_password a number with")

    def test_tells_nothing_where_workers_do(self, settings: Any) -> None:
        settings.TASKS = tasks("HeldBackend")
        settings.SMS_VERIFICATION_TASK_BACKEND = "default"
        assert check_time() == []

    def test_tells_nothing_where_no_purpose_needs_an_account(
        self, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = True
        settings.SMS_VERIFICATION_PURPOSES = {
            "reset_password": {"NEEDS_ACCOUNT": False}
        }
        assert check_time() == []

    def test_is_left_to_the_check_of_settings_where_they_are_bad(
        self, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_PURPOSES = []
        assert check_time() == []

    @pytest.mark.parametrize("deploying", [True, False])
    def test_is_asked_before_a_deployment_alone(self, deploying: bool) -> None:
        found = checks.run_checks(
            tags=[checks.Tags.security], include_deployment_checks=deploying
        )
        assert ("sms_verification.W010" in [m.id for m in found]) == deploying
