from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import translation

from sms_verification import clients
from sms_verification.types import Client
from tests.factories import UserFactory

BEGUN = UUID("019b8d3f-5a7c-7e21-b4c0-d1e2f3a4b5c6")
OTHER = UUID("019b8d3f-5a7c-7e21-b4c0-d1e2f3a4b5c7")


def request(forwarded: str | None = None, **meta: Any) -> HttpRequest:
    meta = {"REMOTE_ADDR": "10.0.0.1", **meta}
    if forwarded is not None:
        meta["HTTP_X_FORWARDED_FOR"] = forwarded
    return RequestFactory().post("/", **meta)


def with_session(content: object = None) -> HttpRequest:
    made = request()
    made.session = SessionStore()
    if content is not None:
        made.session["sms_verification"] = content
    return made


class TestAddress:
    @pytest.mark.parametrize(
        ("peer", "address"),
        [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:50123", "203.0.113.7"),
            (" 203.0.113.7 ", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("2001:DB8:0:0::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:50123", "2001:db8::7"),
            ("fe80::7%eth0", "fe80::7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("[::ffff:203.0.113.7]:50123", "203.0.113.7"),
        ],
    )
    def test_is_the_peers_however_it_is_written(self, peer: str, address: str) -> None:
        assert clients.address(request(REMOTE_ADDR=peer)) == address

    @pytest.mark.parametrize(
        "peer",
        ["", "unix:", "localhost", "203.0.113.700", "1.2.3", "[::1", "2001:db8::7:x"],
    )
    def test_of_a_unix_socket_or_of_nonsense_is_unknown(self, peer: str) -> None:
        assert clients.address(request(REMOTE_ADDR=peer)) is None

    def test_may_be_missing_altogether(self) -> None:
        assert clients.address(HttpRequest()) is None

    @pytest.mark.parametrize(
        "header",
        [
            "HTTP_X_FORWARDED_FOR",
            "HTTP_X_REAL_IP",
            "HTTP_FORWARDED",
            "HTTP_TRUE_CLIENT_IP",
            "HTTP_CLIENT_IP",
            "HTTP_CF_CONNECTING_IP",
        ],
    )
    def test_is_nothing_that_a_client_can_say(self, header: str) -> None:
        """A20."""
        spoofed = request(**{header: "198.51.100.1"})
        assert clients.address(spoofed) == "10.0.0.1"


class TestAddressBehindProxies:
    @pytest.mark.parametrize(
        ("proxies", "forwarded", "address"),
        [
            (1, "203.0.113.7", "203.0.113.7"),
            (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
            (1, "198.51.100.1,198.51.100.2 , [2001:db8::7]:443", "2001:db8::7"),
            (2, "203.0.113.7, 10.0.0.2", "203.0.113.7"),
            (2, "198.51.100.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
            (2, "203.0.113.7", "203.0.113.7"),
        ],
    )
    def test_is_what_the_outermost_of_them_wrote(
        self, settings: Any, proxies: int, forwarded: str, address: str
    ) -> None:
        settings.SMS_VERIFICATION_TRUSTED_PROXIES = proxies
        assert clients.address(request(forwarded)) == address

    @pytest.mark.parametrize("header", ["HTTP_X_REAL_IP", "HTTP_FORWARDED"])
    def test_is_not_what_another_header_says(self, settings: Any, header: str) -> None:
        settings.SMS_VERIFICATION_TRUSTED_PROXIES = 1
        spoofed = request("203.0.113.7", **{header: "198.51.100.1"})
        assert clients.address(spoofed) == "203.0.113.7"

    @pytest.mark.parametrize("forwarded", [None, ""])
    def test_is_the_peers_when_none_was_on_the_way(
        self, settings: Any, forwarded: str | None
    ) -> None:
        settings.SMS_VERIFICATION_TRUSTED_PROXIES = 1
        assert clients.address(request(forwarded)) == "10.0.0.1"

    @pytest.mark.parametrize(
        "forwarded", ["198.51.100.1, unknown", "198.51.100.1,", " "]
    )
    def test_is_unknown_rather_than_the_next_one(
        self, settings: Any, forwarded: str
    ) -> None:
        settings.SMS_VERIFICATION_TRUSTED_PROXIES = 1
        assert clients.address(request(forwarded)) is None


class TestFromRequest:
    def test_a_bare_request_tells_next_to_nothing(self) -> None:
        with translation.override(None):
            assert clients.from_request(HttpRequest()) == Client()

    def test_tells_where_from_with_what_and_in_which_language(self) -> None:
        asked = request(HTTP_USER_AGENT="Phone/1.0")
        with translation.override("zh-hans"):
            client = clients.from_request(asked)
        assert client == Client(
            address="10.0.0.1", user_agent="Phone/1.0", language="zh-hans"
        )

    def test_a_user_agent_breaks_no_line_and_fits_its_column(self) -> None:
        asked = request(HTTP_USER_AGENT="Phone\r\nX: \x1b[31m\x00" + "é" * 300)
        client = clients.from_request(asked)
        assert client.user_agent == "PhoneX: [31m" + "é" * 188

    def test_nobody_is_signed_in(self) -> None:
        asked = request()
        asked.user = AnonymousUser()
        assert clients.from_request(asked).user_pk is None

    def test_a_guest_with_a_row_of_its_own_is_nobody(self) -> None:
        class Guest:
            pk = 42
            is_authenticated = False

        asked = request()
        asked.user = Guest()  # type: ignore[assignment]
        assert clients.from_request(asked).user_pk is None

    def test_somebody_is_signed_in(self) -> None:
        asked = request()
        asked.user = UserFactory.build(pk=42)
        assert clients.from_request(asked).user_pk == 42

    def test_its_session_holds_a_verification_for_the_purpose(self) -> None:
        asked = with_session({"login": str(BEGUN)})
        assert clients.from_request(asked, "login").verification_id == BEGUN
        assert clients.from_request(asked, "register").verification_id is None
        assert clients.from_request(asked).verification_id is None


class TestSession:
    def test_keeps_one_verification_for_each_purpose(self) -> None:
        asked = with_session()
        clients.hold(asked, "login", BEGUN)
        clients.hold(asked, "register", OTHER)
        assert clients.held(asked, "login") == BEGUN
        assert clients.held(asked, "register") == OTHER

    def test_keeps_the_latest(self) -> None:
        asked = with_session()
        clients.hold(asked, "login", BEGUN)
        clients.hold(asked, "login", OTHER)
        assert clients.held(asked, "login") == OTHER

    def test_is_saved(self) -> None:
        asked = with_session({"login": str(BEGUN)})
        asked.session.modified = False
        clients.hold(asked, "register", OTHER)
        assert asked.session.modified

    def test_may_be_missing(self) -> None:
        asked = request()
        clients.hold(asked, "login", BEGUN)
        assert clients.held(asked, "login") is None

    @pytest.mark.parametrize(
        "content",
        [
            "login",
            ["login"],
            42,
            {"login": None},
            {"login": 42},
            {"login": ["a"]},
            {"login": "no id"},
            {"login": ""},
        ],
    )
    def test_may_hold_what_somebody_else_put_there(self, content: object) -> None:
        asked = with_session(content)
        assert clients.held(asked, "login") is None
        clients.hold(asked, "login", BEGUN)
        assert clients.held(asked, "login") == BEGUN
