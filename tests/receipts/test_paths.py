from __future__ import annotations

import re

import pytest
from pytest_django import Settings

from sms_verification.receipts import paths


class SecretTests:
    def test_is_long_and_fits_in_a_path(self) -> None:
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", paths.current_secret("default"))

    def test_is_the_same_each_time(self) -> None:
        assert paths.current_secret("a") == paths.current_secret("a")

    def test_is_another_for_each_alias(self) -> None:
        assert paths.current_secret("a") != paths.current_secret("b")
        assert not paths.is_secret("b", paths.current_secret("a"))

    def test_is_of_this_key(self, settings: Settings) -> None:
        before = paths.current_secret("default")
        settings.SMS_VERIFICATION_SECRET_KEY = "another"
        assert not paths.is_secret("default", before)

    def test_may_be_of_bytes(self, settings: Settings) -> None:
        text = paths.current_secret("default")
        settings.SECRET_KEY = settings.SECRET_KEY.encode()
        assert paths.current_secret("default") == text

    @pytest.mark.parametrize("position", [0, 1])
    def test_of_a_rotated_key_still_fits(
        self, settings: Settings, position: int
    ) -> None:
        before = paths.current_secret("default")
        fallbacks = ["older"]
        fallbacks.insert(position, settings.SECRET_KEY)
        settings.SMS_VERIFICATION_SECRET_KEY = "new"
        settings.SMS_VERIFICATION_SECRET_KEY_FALLBACKS = fallbacks
        assert paths.is_secret("default", before)
        assert paths.is_secret("default", paths.current_secret("default"))
        assert before != paths.current_secret("default")

    @pytest.mark.parametrize("given", ["", "x", "é", "=" * 43, "x" * 10_000])
    def test_nothing_else_fits(self, given: str) -> None:
        assert not paths.is_secret("default", given)

    def test_all_but_a_character_does_not_fit(self) -> None:
        secret = paths.current_secret("default")
        assert not paths.is_secret("default", secret[:-1])
        assert not paths.is_secret("default", f"{secret}x")

    def test_every_key_is_compared_whichever_fits(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.SECRET_KEY_FALLBACKS = ["b", "c"]
        compared: list[bytes] = []
        compare = paths.secrets.compare_digest

        def counting(a: bytes, b: bytes) -> bool:
            compared.append(a)
            return compare(a, b)

        monkeypatch.setattr(paths.secrets, "compare_digest", counting)
        assert paths.is_secret("default", paths.current_secret("default"))
        assert len(compared) == 3
