from __future__ import annotations

import pytest

from sms_verification import guards
from sms_verification.exceptions import UnsupportedPhoneNumber
from sms_verification.types import Client, Purpose

NUMBER = "+8613800138000"
LOGIN = Purpose(name="login", code_length=6)
CLIENT = Client(address="203.0.113.7")


class Recording:
    def __init__(self, refuses: bool = False) -> None:
        self.refuses = refuses
        self.reviewed: list[tuple[str, Purpose, Client | None]] = []

    def review(
        self, phone_number: str, purpose: Purpose, client: Client | None
    ) -> None:
        self.reviewed.append((phone_number, purpose, client))
        if self.refuses:
            raise UnsupportedPhoneNumber("Not here.")


class TestReview:
    def test_lets_everybody_by_while_there_is_no_guard(self) -> None:
        guards.review(NUMBER, LOGIN, CLIENT)

    def test_asks_each_guard(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second = Recording(), Recording()
        monkeypatch.setattr(guards, "GUARDS", [first, second])
        guards.review(NUMBER, LOGIN, CLIENT)
        assert first.reviewed == [(NUMBER, LOGIN, CLIENT)]
        assert second.reviewed == [(NUMBER, LOGIN, CLIENT)]

    def test_ends_with_the_first_that_objects(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = Recording(refuses=True), Recording()
        monkeypatch.setattr(guards, "GUARDS", [first, second])
        with pytest.raises(UnsupportedPhoneNumber):
            guards.review(NUMBER, LOGIN, None)
        assert second.reviewed == []
