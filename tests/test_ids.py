from __future__ import annotations

from datetime import UTC, datetime
from uuid import RFC_4122

import time_machine

from sms_verification.ids import uuid7

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


class TestUuid7:
    def test_is_of_version_7_and_the_rfcs_variant(self) -> None:
        made = [uuid7() for _ in range(100)]
        assert {one.version for one in made} == {7}
        assert {one.variant for one in made} == {RFC_4122}

    def test_begins_with_the_milliseconds_since_1970(self) -> None:
        with time_machine.travel(NOON, tick=False):
            assert uuid7().int >> 80 == 1_767_614_400_000

    def test_a_later_one_is_greater(self) -> None:
        with time_machine.travel(NOON, tick=False) as clock:
            earlier = uuid7()
            clock.shift(0.001)
            assert earlier < uuid7()

    def test_no_two_of_one_millisecond_are_alike(self) -> None:
        with time_machine.travel(NOON, tick=False):
            assert len({uuid7() for _ in range(1000)}) == 1000

    def test_every_bit_but_time_version_and_variant_is_random(self) -> None:
        with time_machine.travel(NOON, tick=False):
            made = [uuid7().int for _ in range(200)]
        varying = 0
        for one in made:
            varying |= one ^ made[0]
        assert varying == (0xFFF << 64) | ((1 << 62) - 1)
