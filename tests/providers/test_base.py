from __future__ import annotations

from pathlib import Path

import pytest

from sms_verification import providers
from sms_verification.providers.base import Provider

SOURCES = sorted(Path(providers.__path__[0]).rglob("*.py"))


class TestProvider:
    def test_without_send_is_none(self) -> None:
        class Unfinished(Provider):
            pass

        with pytest.raises(TypeError, match="send"):
            Unfinished()  # type: ignore[abstract]

    def test_is_for_people_until_it_says_otherwise(self) -> None:
        assert Provider.for_development is False
        assert Provider.max_code_length == 10


class TestSources:
    def test_are_found(self) -> None:
        names = {source.stem for source in SOURCES}
        assert {"base", "console", "dummy", "file", "locmem", "text"} <= names

    @pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
    def test_read_no_settings(self, source: Path) -> None:
        """What a provider needs comes by ``OPTIONS``."""
        assert "django.conf" not in source.read_text()
