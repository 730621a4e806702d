"""Somebody with a browser or an app, over real HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

from tests.race.server import PATIENCE, Answer, Site

# A right code shows it by itself, or by the proof of ``check/``.
SHOWN = ["code", "proof"]


@dataclass
class Person:
    """Goes on with what it was let in with, as the site's ``LOGIN_WITH`` has it."""

    site: Site
    login_with: str
    http: requests.Session = field(default_factory=requests.Session)
    granted: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, body: dict[str, Any], **more: Any) -> Answer:
        """Send JSON, and take what the answer lets in with."""
        answer = self.send("POST", f"sms/{path}", json=body, **more)
        names = {"token", "access", "refresh"} & answer.data.keys()
        self.granted.update({name: answer.data[name] for name in names})
        return answer

    def send(self, method: str, path: str, **more: Any) -> Answer:
        more = {"headers": self.headers, "timeout": PATIENCE, **more}
        url = f"http://127.0.0.1:{self.site.port}/{path}"
        response = self.http.request(method, url, **more)
        assert response.status_code < 500, self.site.log[-5000:]
        return Answer(response.status_code, response.json() if response.text else {})

    @property
    def headers(self) -> dict[str, str]:
        if self.login_with == "session":
            token = self.http.cookies.get("csrftoken")
            return {"X-CSRFToken": token} if token else {}
        name, kind = {"token": ("token", "Token"), "jwt": ("access", "Bearer")}[
            self.login_with
        ]
        granted = self.granted.get(name)
        return {"Authorization": f"{kind} {granted}"} if granted else {}

    def prove(self, number: str, purpose: str, shown: str = "code") -> dict[str, str]:
        """Have a code sent, read it, and return what shows that the number is theirs."""
        start = {"phone_number": number, "purpose": purpose}
        started = self.post("verifications/", start)
        assert started.status == 201, started
        evidence = {
            "verification": started.data["id"],
            "code": self.site.sms_to(number)[-1]["code"],
        }
        if shown == "code":
            return evidence
        path = f"verifications/{evidence['verification']}/check/"
        checked = self.post(path, {"code": evidence["code"]})
        assert checked.status == 200, checked
        return {"proof": checked.data["proof"]}

    @property
    def id(self) -> int | None:
        """Who the site takes this for, if for anybody."""
        answer = self.send("GET", "me/")
        assert answer.status in {200, 401, 403}
        return answer.data.get("id")

    @property
    def lives(self) -> bool:
        """Whether it can stay. An access token lives out its minutes."""
        if self.login_with != "jwt":
            return self.id is not None
        body = {"refresh": self.granted["refresh"]}
        refreshed = self.send("POST", "token/refresh/", json=body, headers={})
        assert refreshed.status in {200, 401}
        return refreshed.status == 200

    def password_is(self, username: str, password: str) -> bool:
        more = {"auth": (username, password), "headers": {}}
        return self.send("GET", "me/by-password/", **more).status == 200
