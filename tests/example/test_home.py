from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.shortcuts import resolve_url
from django.test import Client
from django.urls import reverse

from tests.factories import PhoneNumberFactory

pytestmark = pytest.mark.django_db


def home(client: Client, language: str) -> str:
    response = client.get("/", headers={"Accept-Language": language})
    return response.content.decode()


@pytest.mark.parametrize(
    ("language", "heading"), [("en", "Nobody is signed in"), ("zh-CN", "尚未登录")]
)
def test_it_offers_to_sign_in(language: str, heading: str) -> None:
    page = home(Client(), language)
    assert f"<h1>{heading}</h1>" in page
    assert '<a class="button" href="/account/login/">' in page


@pytest.mark.parametrize(
    ("language", "heading"),
    [("en", "Signed in as mei"), ("zh-CN", "已登录：mei")],
)
def test_it_says_who_is_signed_in(language: str, heading: str) -> None:
    client, user = Client(), User.objects.create_user("mei")
    PhoneNumberFactory(number="+8613800138000", user=user)
    client.force_login(user)
    page = home(client, language)
    assert f"<h1>{heading}</h1>" in page
    assert "<strong>+86138****8000</strong>" in page
    assert '<form method="post" action="/logout/">' in page
    assert "/account/login/" not in page


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_it_leads_everywhere(language: str) -> None:
    page = home(Client(), language)
    for name in ("api", "admin:index", "phone"):
        assert f'href="{reverse(name)}"' in page


def test_who_must_sign_in_is_sent_to_the_phones_page() -> None:
    assert resolve_url(settings.LOGIN_URL) == "/account/login/"


def test_its_icon_is_a_file() -> None:
    assert Client().get("/favicon.ico").headers["Location"] == "/static/icon.svg"
    assert 'rel="icon" type="image/svg+xml" href="/static/icon.svg"' in home(
        Client(), "en"
    )
