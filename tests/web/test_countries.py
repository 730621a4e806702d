from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import pytest
from django.utils import translation

from sms_verification.web import countries


def names() -> list[str]:
    return [name for _region, name in countries.choices()]


class ChoicesTests:
    def test_the_host_s_own_comes_first(self) -> None:
        assert countries.choices()[0] == ("CN", "China +86")

    def test_the_others_follow_by_name(self) -> None:
        others = names()[1:]
        assert others[:3] == ["Afghanistan +93", "Åland Islands +358", "Albania +355"]
        assert others[-1] == "Zimbabwe +263"
        assert len(others) > 230

    def test_are_named_in_chinese_and_sorted_by_sound(self) -> None:
        with translation.override("zh-hans"):
            own, *others = names()
        assert own == "中国 +86"
        assert others[:3] == ["阿尔巴尼亚 +355", "阿尔及利亚 +213", "阿富汗 +93"]
        order = [
            others.index(n) for n in ("法国 +33", "美国 +1", "日本 +81", "英国 +44")
        ]
        assert order == sorted(order)

    @pytest.mark.parametrize("language", ["de", "pt-br", "zh-hant", "en-gb"])
    def test_are_named_in_whatever_language_the_host_has(self, language: str) -> None:
        with translation.override(language):
            assert len(set(names())) == len(names())

    def test_are_english_where_nobody_named_them(self) -> None:
        with translation.override("tlh"):
            assert names()[0] == "China +86"

    def test_are_english_outside_of_translation(self) -> None:
        with translation.override(None):
            assert names()[0] == "China +86"

    def test_without_own_region_all_are_equal(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_DEFAULT_REGION = None
        assert names()[0] == "Afghanistan +93"

    def test_need_babel(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "babel", None)
        monkeypatch.delitem(sys.modules, countries.__name__)
        with pytest.raises(ImportError, match=r"sms-verification\[pages\]"):
            import_module(countries.__name__)

    def test_only_those_that_a_route_leads_to(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_ROUTES = {"+86": ["default"], "+1787": ["default"]}
        assert {"CN", "US", "PR"} <= dict(countries.choices()).keys()
        assert not {"FR", "GB"} & dict(countries.choices()).keys()
