from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from sms_verification import account_checks, checks, provider_checks, queue_checks
from sms_verification.accounts import base, user_field
from sms_verification.conf import Settings
from sms_verification.setting_values import PREFIX
from sms_verification.web import urls, views
from tests.newcomer import CHECKOUT

LOGIN_PAGES = [CHECKOUT / "docs/pages.md", CHECKOUT / "docs/pages.zh-CN.md"]
PAGES = [CHECKOUT / "docs/settings.md", CHECKOUT / "docs/settings.zh-CN.md"]

# A heading, then "type · default: `value` · check: `id`".
ENTRY = re.compile(r"^### `(\w+)`\n\n.+ · [^`]+`(.+)` · [^`]+`(E\d+)`$", re.MULTILINE)

# One property reads two settings.
READ_BY = {"SECRET_KEY": "SECRET_KEYS", "SECRET_KEY_FALLBACKS": "SECRET_KEYS"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
class SettingsPageTests:
    def test_it_lists_exactly_the_settings(self, page: Path) -> None:
        names = {_property(name) for name, _default, _id in _entries(page)}
        assert names == {
            n for n, v in vars(Settings).items() if isinstance(v, property)
        }
        assert names == set(checks.SETTING_IDS)

    def test_it_names_each_settings_check(self, page: Path) -> None:
        ids = {_property(name): number for name, _default, number in _entries(page)}
        assert ids == checks.SETTING_IDS

    def test_it_lists_every_other_check(self, page: Path) -> None:
        ids = re.findall(r"^\| `(\w+)` \|", page.read_text("utf-8"), re.MULTILINE)
        modules = vars(checks) | vars(provider_checks) | vars(queue_checks)
        modules |= vars(account_checks) | vars(user_field) | vars(base)
        known = [v for v in modules.values() if _is_id(v)]
        assert sorted(f"sms_verification.{number}" for number in ids) == sorted(known)

    def test_each_default_is_the_settings_own(self, page: Path, settings: Any) -> None:
        for name in [n for n in dir(django_settings) if n.startswith(PREFIX)]:
            delattr(settings, name)
        for name, default, _id in _entries(page):
            unset = getattr(Settings(), _property(name))
            setattr(settings, name, _value(default))
            assert getattr(Settings(), _property(name)) == unset, name
            delattr(settings, name)


@pytest.mark.parametrize("page", LOGIN_PAGES, ids=lambda page: page.name)
class PagesPageTests:
    def test_it_lists_exactly_the_views(self, page: Path) -> None:
        rows = re.findall(
            r"^\| `(\w+)` \| `(\w+)` \| `(.+)` \|$", page.read_text("utf-8"), re.M
        )
        views_of_urls = {
            (
                p.callback.view_class.__name__,
                p.name,
                p.callback.view_class.template_name,
            )
            for p in urls.urlpatterns
        }
        assert set(rows) == views_of_urls

    def test_it_lists_exactly_the_templates(self, page: Path) -> None:
        named = set(re.findall(r"\b(\w+\.html)`", page.read_text("utf-8")))
        templates = CHECKOUT / "sms_verification/templates/sms_verification"
        assert named == {path.name for path in templates.iterdir()}

    def test_it_lists_exactly_the_properties_of_the_stylesheet(
        self, page: Path
    ) -> None:
        style = CHECKOUT / "sms_verification/static/sms_verification/pages.css"
        declared = re.findall(r"^  (--sms-[\w-]+):", style.read_text(), re.MULTILINE)
        named = re.findall(r"`(--sms-[\w-]+)`", page.read_text("utf-8"))
        assert sorted(named) == sorted(set(declared))

    def test_its_attributes_are_the_views_own(self, page: Path) -> None:
        _, _, table = page.read_text("utf-8").partition("`template_name`")
        named = re.findall(r"`(\w+)`", table.partition("\n\n")[0])
        views_attributes = {a for name in views.__all__ for a in dir(vars(views)[name])}
        known = {*views.__all__, "LOGIN_REDIRECT_URL", "next"}
        assert set(named) - known <= views_attributes

    @pytest.mark.django_db
    def test_its_form_can_be_sent(
        self, page: Path, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [example] = re.findall(
            r"```python\n([^`]+\nclass MyNumberForm.+?)```",
            page.read_text("utf-8"),
            re.S,
        )
        names: dict[str, Any] = {}
        exec(example, names)
        monkeypatch.setattr(views.LoginView, "form_class", names["MyNumberForm"])
        number = {"country": "CN", "phone_number": "13800138000"}
        assert client.post("/account/login/", number).status_code == 200
        shown = re.findall(r'name="(\w+)"', client.get("/account/login/").text)
        filled_in = {**dict.fromkeys(shown, "on"), **number, "next": ""}
        assert client.post("/account/login/", filled_in).status_code == 302


@pytest.mark.parametrize(
    "page",
    sorted([*CHECKOUT.glob("*.zh-CN.md"), *CHECKOUT.glob("docs/**/*.zh-CN.md")]),
    ids=lambda page: str(page.relative_to(CHECKOUT)),
)
class ChinesePagesTests:
    def test_it_is_chinese_and_leads_to_its_twin(self, page: Path) -> None:
        text = page.read_text("utf-8")
        twin = page.name.replace(".zh-CN", "")
        assert f"[English]({twin})" in text
        assert f"[中文]({page.name})" in page.with_name(twin).read_text("utf-8")
        prose = re.sub(r"```.*?```", "", text, flags=re.S)
        assert len(re.findall(r"[\u4e00-\u9fff]", prose)) > 200


def _entries(page: Path) -> list[tuple[str, str, str]]:
    return ENTRY.findall(page.read_text(encoding="utf-8"))


def _property(name: str) -> str:
    bare = name.removeprefix(PREFIX)
    return READ_BY.get(bare, bare)


def _value(default: str) -> Any:
    return eval(default, {"timedelta": timedelta, "settings": django_settings})


def _is_id(value: object) -> bool:
    return isinstance(value, str) and bool(
        re.fullmatch(r"sms_verification\.[EW]\d+", value)
    )
