from __future__ import annotations

from importlib import util
from typing import Any

import pytest
from django.apps import apps
from django.http import HttpRequest

from sms_verification.account_checks import check_accounts

BLACKLIST = "rest_framework_simplejwt.token_blacklist"

not_callable = "a text"


def grant(request: HttpRequest, user: Any) -> dict[str, Any]:
    return {}


def found(settings: Any, kind: str) -> list[str | None]:
    settings.SMS_VERIFICATION_LOGIN_WITH = kind
    return [message.id for message in check_accounts()]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What the host has installed for tokens."""
    names: set[str] = set()
    monkeypatch.setattr(apps, "is_installed", names.__contains__)
    return names


class TestLoginWith:
    @pytest.mark.parametrize("kind", ["session", "tests.test_account_checks.grant"])
    def test_that_works_is_not_reported(
        self, settings: Any, installed: set[str], kind: str
    ) -> None:
        assert found(settings, kind) == []

    @pytest.mark.parametrize(
        "kind",
        ["token", "tests.nothing", "tests.test_account_checks.not_callable"],
    )
    def test_that_would_fail_at_the_first_sign_in_is_an_error(
        self, settings: Any, installed: set[str], kind: str
    ) -> None:
        assert found(settings, kind) == ["sms_verification.E111"]

    def test_tokens_need_their_app(self, settings: Any, installed: set[str]) -> None:
        installed.add("rest_framework.authtoken")
        assert found(settings, "token") == []


class TestJwt:
    def test_needs_simplejwt(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "sms_verification.account_checks.find_spec",
            lambda name: None if "simplejwt" in name else util.find_spec(name),
        )
        assert found(settings, "jwt") == ["sms_verification.E111"]

    def test_whose_refresh_tokens_survive_is_an_error(
        self, settings: Any, installed: set[str]
    ) -> None:
        settings.SIMPLE_JWT = {"CHECK_REVOKE_TOKEN": False}
        assert found(settings, "jwt") == ["sms_verification.E112"]

    def test_whose_tokens_end_with_the_password_will_do(
        self, settings: Any, installed: set[str]
    ) -> None:
        settings.SIMPLE_JWT = {"CHECK_REVOKE_TOKEN": True}
        assert found(settings, "jwt") == []

    def test_whose_refresh_tokens_are_listed_will_do(
        self, settings: Any, installed: set[str]
    ) -> None:
        installed.add(BLACKLIST)
        assert found(settings, "jwt") == []
