from __future__ import annotations

import pytest

from sms_verification.simulators import numbers


class AliyunTests:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "+",
            "abc",
            "138001380001",
            "861012345678",
            "+86138001380",
            "+85251234567",
            "9991234567",
        ],
    )
    def test_these_are_no_numbers(self, text: str) -> None:
        assert numbers.aliyun(text) is None

    @pytest.mark.parametrize("text", ["１３８００１３８０００", "13800138000\n"])
    def test_digits_are_ascii_and_nothing_follows(self, text: str) -> None:
        assert numbers.aliyun(text) is None


class TencentTests:
    @pytest.mark.parametrize("text", ["13800138000", "8613800138000", "+8613800138000"])
    def test_these_are_of_the_mainland(self, text: str) -> None:
        assert numbers.tencent(text) == "+8613800138000"

    def test_a_number_abroad_has_a_plus(self) -> None:
        assert numbers.tencent("+85251234567") == "+85251234567"
        assert numbers.tencent("85251234567") is None


class E164Tests:
    @pytest.mark.parametrize("text", ["+8613800138000", "+85251234567"])
    def test_these_are(self, text: str) -> None:
        assert numbers.e164(text) == text

    @pytest.mark.parametrize(
        "text", ["13800138000", "+861012345678", "+852", "+999123456789", "+0123456789"]
    )
    def test_these_are_not(self, text: str) -> None:
        assert numbers.e164(text) is None
