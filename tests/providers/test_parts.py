from __future__ import annotations

import pytest

from sms_verification.providers.parts import parts


class PartsTests:
    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("", 1),
            ("a" * 160, 1),
            ("a" * 161, 2),
            ("a" * 306, 2),
            ("a" * 307, 3),
            ("@£Δ\n" * 40, 1),
            ("€" * 80, 1),
            ("€" * 80 + "a", 2),
            ("[" * 76 + "a", 1),
            ("^{}\\[~]|€\f" * 8, 1),
            ("^{}\\[~]|€\f" * 8 + "a", 2),
        ],
    )
    def test_of_gsm_7_are_160_septets_or_153_each(self, text: str, count: int) -> None:
        assert parts(text) == count

    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("验" * 70, 1),
            ("验" * 71, 2),
            ("验" * 134, 2),
            ("验" * 135, 3),
            ("😀" * 35, 1),
            ("😀" * 36, 2),
            ("a" * 69 + "ç", 1),
            ("a" * 70 + "ç", 2),
            ("`" + "a" * 70, 2),
            ("\x1b" + "a" * 70, 2),
        ],
    )
    def test_of_ucs_2_are_70_units_or_67_each(self, text: str, count: int) -> None:
        """``Ç`` is in GSM-7 and ``ç`` is not."""
        assert parts(text) == count

    @pytest.mark.parametrize(
        ("text", "count"),
        [
            # 66 of 67 units are full, or 152 of 153 septets, and the next needs two.
            ("😀" * 67, 3),
            ("€" * 153, 3),
        ],
    )
    def test_tear_no_character(self, text: str, count: int) -> None:
        assert parts(text) == count
