from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client, override_settings
from phone.messages import latest

from sms_verification.ids import uuid7

# What the phone is for.
pytestmark = [pytest.mark.django_db, pytest.mark.leaks_on_purpose]

ADDRESSES = ["/phone/", "/phone/messages/"]


def receive(sms_file: Path, code: str, **sms: str) -> None:
    """Write what the provider writes."""
    line = {
        "phone_number": "+8613800138000",
        "code": code,
        "purpose": "login",
        "language": "en",
        "delivery_id": uuid7().hex,
        "text": f"{code} is your verification code.",
        **sms,
    }
    with sms_file.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def page(path: str = "/phone/", **headers: str) -> str:
    response = Client().get(path, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def texts(html: str) -> list[str]:
    found = re.findall(r'<span class="phone-text"[^>]*>(.*?)</span>\s*<span', html)
    return [re.sub(r"<[^>]+>", "", text) for text in found]


class NoticeTests:
    """An SMS that tells of a change, and carries no code."""

    @pytest.mark.parametrize("path", [*ADDRESSES, "/account/login/"])
    def test_is_shown_as_it_is(self, sms_file: Path, path: str) -> None:
        receive(sms_file, "", text="The number was changed.")
        assert "The number was changed." in page(path)


class MessageTests:
    @pytest.mark.parametrize(
        ("language", "lang", "expected"),
        [
            (
                "en",
                "en",
                r"\d{6} is your verification code. It is valid for 5 minutes.",
            ),
            ("zh-CN", "zh-hans", r"\d{6} 是您的验证码，5 分钟内有效。"),
        ],
    )
    def test_it_reads_as_it_was_sent_in_the_language_asked_for(
        self, language: str, lang: str, expected: str
    ) -> None:
        Client().post(
            "/sms/verifications/",
            {"phone_number": "138 0013 8000", "purpose": "login"},
            content_type="application/json",
            headers={"Accept-Language": language},
        )
        html = page()
        [text] = texts(html)
        assert re.fullmatch(expected, text)
        assert f'<span class="phone-text" lang="{lang}">' in html
        assert "<bdi>+8613800138000</bdi>" in html

    def test_the_newest_is_on_top(self, sms_file: Path) -> None:
        for code in ("111111", "222222", "333333"):
            receive(sms_file, code)
        assert [text[:6] for text in texts(page())] == ["333333", "222222", "111111"]

    def test_the_last_ten_are_kept(self, sms_file: Path) -> None:
        for n in range(300):
            receive(sms_file, f"{n:06d}", text=f"{n:06d} 是您的验证码，5 分钟内有效。")
        assert [sms.code for sms in latest()] == [
            f"{n:06d}" for n in range(299, 289, -1)
        ]

    def test_its_time_is_when_it_was_sent(
        self, sms_file: Path, clock: time_machine.Traveller
    ) -> None:
        clock.move_to(datetime(2026, 3, 1, 4, 30, 15, tzinfo=UTC))
        receive(sms_file, "111111")
        assert latest()[0].sent_at == datetime(2026, 3, 1, 4, 30, 15, tzinfo=UTC)
        # That of the site, until the script knows the reader's.
        assert 'datetime="2026-03-01T12:30:15+08:00">12:30</time>' in page()

    def test_it_is_new_for_a_moment(
        self, sms_file: Path, clock: time_machine.Traveller
    ) -> None:
        receive(sms_file, "111111")
        assert '<li class="phone-new"' in page()
        clock.shift(timedelta(seconds=10))
        assert '<li class="phone-new"' not in page()

    def test_a_text_is_no_markup(self, sms_file: Path) -> None:
        receive(sms_file, "111111", text="<b>111111</b>")
        assert "&lt;b&gt;" in page()

    def test_nothing_has_come_yet(self) -> None:
        assert latest() == []
        assert "No message yet." in page()

    def test_the_repr_shows_no_secret(self, sms_file: Path) -> None:
        receive(sms_file, "111111")
        assert "111111" not in repr(latest()[0])
        assert "13800138000" not in repr(latest()[0])


class NewsTests:
    """What the script asks for."""

    def test_they_are_what_the_page_shows(self, sms_file: Path) -> None:
        receive(sms_file, "111111")
        receive(sms_file, "222222")
        news = json.loads(page("/phone/messages/"))["messages"]
        assert [sms["code"] for sms in news] == ["222222", "111111"]
        assert news[0]["text"] == "222222 is your verification code."
        assert news[0]["phone_number"] == "+8613800138000"
        for sms in news:
            assert f'data-id="{sms["id"]}" data-code="{sms["code"]}"' in sms["html"]

    def test_they_come_in_the_readers_language(self, sms_file: Path) -> None:
        receive(sms_file, "111111", language="zh-hans", text="111111 是您的验证码。")
        news = json.loads(page("/phone/messages/", **{"Accept-Language": "zh-CN"}))
        assert texts(news["messages"][0]["html"]) == ["111111 是您的验证码。"]

    def test_their_address_holds_neither_code_nor_number(self, sms_file: Path) -> None:
        receive(sms_file, "111111")
        links = re.findall(r'(?:href|src|action|data-messages)="([^"]*)"', page())
        assert "/phone/messages/" in links
        assert [to for to in links if re.search(r"\d{6}", to)] == []

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_no_cache_keeps_them(self, address: str) -> None:
        assert "no-store" in Client().get(address).headers["Cache-Control"]

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_they_are_only_read(self, address: str) -> None:
        assert Client().post(address).status_code == 405


class LoginTests:
    def test_the_phone_stands_beside_the_code_and_needs_no_script(self) -> None:
        client = Client()
        number = {"country": "CN", "phone_number": "138 0013 8000"}
        response = client.post("/account/login/", number, follow=True)
        html = response.content.decode()
        assert 'autocomplete="one-time-code"' in html
        [text] = texts(html)
        response = client.post(
            "/account/login/code/", {**_hidden(html), "code": text[:6]}, follow=True
        )
        assert response.redirect_chain == [("/", 302)]
        assert "<h1>Signed in as user_" in response.content.decode()

    def test_the_pages_stand_in_the_sites_own_frame(self) -> None:
        html = page("/account/login/")
        assert 'class="site-header"' in html
        assert 'class="phone"' in html
        assert "sms_verification/pages.css" in html


@pytest.fixture
def _production(sms_file: Path) -> Iterator[None]:
    receive(sms_file, "111111")
    with override_settings(DEBUG=False):
        yield


@pytest.mark.usefixtures("_production")
class ProductionTests:
    """Where ``DEBUG`` is off, there is no phone."""

    @pytest.mark.parametrize("address", ADDRESSES)
    @pytest.mark.parametrize("method", ["get", "head", "post", "options"])
    def test_its_addresses_are_as_any_that_is_none(
        self, address: str, method: str
    ) -> None:
        here = getattr(Client(), method)(address)
        nowhere = getattr(Client(), method)("/nowhere/")
        assert here.status_code == nowhere.status_code == 404
        assert here.content == nowhere.content
        assert here.headers == nowhere.headers

    def test_nothing_is_read(self) -> None:
        assert latest() == []

    @pytest.mark.parametrize("address", ["/", "/account/login/"])
    def test_no_page_speaks_of_it(self, address: str) -> None:
        html = Client().get(address).content.decode()
        assert "phone/" not in html
        assert "111111" not in html


def _hidden(html: str) -> dict[str, str]:
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html)
    return dict(fields)
