from __future__ import annotations

from typing import Any

from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from tests.recipes.hosts.logins import LoginContract


class TestJWT(LoginContract):
    url = "/auth/login/"

    def accepted(self, answer: Any, user: Any) -> None:
        told = answer.json()
        assert AccessToken(told["access"])["user_id"] == str(user.pk)
        assert RefreshToken(told["refresh"])["user_id"] == str(user.pk)
        assert told["user"]["username"] == "alice"
        assert "sessionid" not in answer.cookies
