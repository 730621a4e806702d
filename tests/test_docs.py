from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from sms_verification import accounts, checks
from sms_verification.conf import Settings
from sms_verification.setting_values import PREFIX
from tests.newcomer import CHECKOUT

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
        modules = vars(checks) | vars(accounts)
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
