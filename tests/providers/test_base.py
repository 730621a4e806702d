from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sms_verification import providers
from sms_verification.exceptions import InvalidPush
from sms_verification.providers.base import Provider
from sms_verification.providers.dummy import DummyProvider
from sms_verification.types import Push

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

    def test_knows_of_no_receipts_until_it_says_how(self) -> None:
        provider, today = DummyProvider(), date(2026, 1, 5)
        with pytest.raises(NotImplementedError):
            provider.ask_receipts("+8613800138000", "", today)
        with pytest.raises(InvalidPush):
            provider.read_push(Push(body=b"", headers={}, url=""))


class TestSources:
    def test_are_found(self) -> None:
        names = {source.stem for source in SOURCES}
        assert {"base", "console", "dummy", "file", "locmem", "text"} <= names

    @pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
    def test_read_no_settings(self, source: Path) -> None:
        """What a provider needs comes by ``OPTIONS``."""
        assert "django.conf" not in source.read_text()
