from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sms_verification.admin import acts

AT = datetime(2026, 1, 6, 12, tzinfo=UTC)


class TestActs:
    @pytest.mark.parametrize(
        ("kept", "told"),
        [
            (
                acts.kept("block", "50 % <b>", AT),
                "Blocked until Jan. 6, 2026 12:00:00: 50 % <b>",
            ),
            (acts.kept("unblock", "Spam."), "Unblocked: Spam."),
            (acts.kept("lift-lock", "Spam."), "Lock lifted: Spam."),
        ],
    )
    def test_are_told_as_they_were_kept(self, kept: str, told: str) -> None:
        assert acts.told(kept) == told

    @pytest.mark.parametrize(
        "message",
        [
            "Blocked until <b>later</b>.",
            "",
            "7",
            "[]",
            "{}",
            acts.kept("burn", "Spam."),
            '{"action": "block", "until": "soon", "reason": "Spam."}',
            '{"action": "block", "until": 7, "reason": "Spam."}',
        ],
    )
    def test_of_others_are_told_as_they_are(self, message: str) -> None:
        assert acts.told(message) == message
