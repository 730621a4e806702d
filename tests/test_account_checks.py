from __future__ import annotations

from importlib import util
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.validators import validate_email
from django.http import HttpRequest
from rest_framework_simplejwt.authentication import JWTAuthentication

from sms_verification.account_checks import check_accounts
from sms_verification.accounts import LinkedAccounts
from sms_verification.models import PhoneNumber

BLACKLIST = "rest_framework_simplejwt.token_blacklist"

not_callable = "a text"


class OwnSessions(SessionMiddleware):
    """A host's own."""


class Naming(LinkedAccounts):
    def build_user(self, number: PhoneNumber) -> Any:
        return User(username="guest@example.com")


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


class TestSession:
    def test_needs_its_middleware(self, settings: Any, installed: set[str]) -> None:
        """Without it a right code would be spent on an error."""
        settings.MIDDLEWARE = ["mysite.nothing", "tests.urls.urlpatterns"]
        assert found(settings, "session") == ["sms_verification.E111"] * 2

    def test_takes_a_subclass_of_it(self, settings: Any, installed: set[str]) -> None:
        ours = f"{__name__}.OwnSessions"
        settings.MIDDLEWARE = [
            ours if "SessionMiddleware" in path else path
            for path in settings.MIDDLEWARE
        ]
        assert ours in settings.MIDDLEWARE
        assert found(settings, "session") == []


class TestNames:
    def test_of_new_users_have_to_fit(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As where people are named by their address."""
        field = User._meta.get_field("username")
        monkeypatch.setattr(field, "validators", [validate_email])
        assert found(settings, "session") == ["sms_verification.W013"]
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.Naming"
        assert found(settings, "session") == []


class TestJwt:
    def test_needs_simplejwt(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "sms_verification.account_checks.find_spec",
            lambda name: None if "simplejwt" in name else util.find_spec(name),
        )
        assert found(settings, "jwt") == ["sms_verification.E111"]

    @pytest.mark.parametrize("kind", ["session", f"{__name__}.grant"])
    @pytest.mark.parametrize(
        "path",
        [
            "rest_framework_simplejwt.authentication.JWTAuthentication",
            "dj_rest_auth.jwt_auth.JWTCookieAuthentication",
            JWTAuthentication,
        ],
    )
    def test_of_the_host_s_own_has_to_end_too(
        self, settings: Any, installed: set[str], kind: str, path: Any
    ) -> None:
        """Whoever issues them, a reset is to end them."""
        drf = {"DEFAULT_AUTHENTICATION_CLASSES": ["mysite.nothing", path]}
        settings.REST_FRAMEWORK = drf
        assert found(settings, kind) == ["sms_verification.E112"]
        installed.add(BLACKLIST)
        assert found(settings, kind) == []

    def test_that_is_not_installed_lets_nobody_in(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sms_verification.account_checks.find_spec", lambda _: None)
        drf = {"DEFAULT_AUTHENTICATION_CLASSES": [JWTAuthentication]}
        settings.REST_FRAMEWORK = drf
        assert found(settings, "session") == []

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
