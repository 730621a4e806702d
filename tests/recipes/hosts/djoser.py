from __future__ import annotations

from typing import Any

from rest_framework.authtoken.models import Token

from tests.recipes.hosts.logins import LoginContract


class TestToken(LoginContract):
    url = "/auth/token/login/"

    def accepted(self, answer: Any, user: Any) -> None:
        assert answer.json() == {"auth_token": Token.objects.get(user=user).key}
        assert "sessionid" not in answer.cookies
