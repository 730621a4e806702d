from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains

from sms_verification import blocks, storage, verifications
from sms_verification.exceptions import LockedOut, SendLimited
from sms_verification.models import PhoneNumber
from sms_verification.types import SmsMessage
from tests.phones import ALICE, mistyped, right_code

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def block() -> PhoneNumber:
    number = PhoneNumber.objects.get()
    blocks.block(number, timezone.now() + DAY, "A complaint.")
    return number


class TestBlock:
    def test_nothing_starts_resends_or_checks(self) -> None:
        begun = verifications.start(ALICE, "register")
        block()
        with pytest.raises(SendLimited):
            verifications.start(ALICE, "register")
        with pytest.raises(SendLimited):
            verifications.resend(begun.pk)
        with pytest.raises(LockedOut):
            verifications.check(begun.pk, right_code(begun.pk))

    def test_is_not_told(self, client: Client) -> None:
        """Until it is lifted is until the year 9999, which no limit takes."""
        begun = verifications.start(ALICE, "login")
        until = datetime.max.replace(tzinfo=UTC)
        blocks.block(PhoneNumber.objects.get(), until, "A complaint.")
        page = client.post("/account/login/", {"phone_number": ALICE})
        assertContains(page, "Too many messages. Try again in 24 hours.")
        code = {"verification": begun.pk, "code": right_code(begun.pk)}
        page = client.post("/account/login/code/", code)
        assertContains(page, "Too many attempts. Try again in 24 hours.")
        answer = client.post(
            "/sms/verifications/",
            {"phone_number": ALICE, "purpose": "login"},
            content_type="application/json",
        )
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "86400"

    def test_ends_by_itself(self, clock: Any) -> None:
        begun = verifications.start(ALICE, "register")
        block()
        clock.shift(DAY)
        assert verifications.start(ALICE, "register") != begun

    def test_ends_when_staff_undo_it(self) -> None:
        begun = verifications.start(ALICE, "register")
        blocks.unblock(block())
        assert verifications.check(begun.pk, right_code(begun.pk))
        assert PhoneNumber.objects.get().block_reason == ""

    def test_stops_a_start_that_has_read_the_row(
        self, monkeypatch: pytest.MonkeyPatch, outbox: list[SmsMessage]
    ) -> None:
        verifications.start(ALICE, "register")
        PhoneNumber.objects.update(sent_at=[])
        outbox.clear()
        begin: Callable[..., None] = storage.begin

        def begin_after_a_block(*args: Any) -> None:
            monkeypatch.setattr(storage, "begin", begin)
            block()
            begin(*args)

        monkeypatch.setattr(storage, "begin", begin_after_a_block)
        with pytest.raises(SendLimited):
            verifications.start(ALICE, "register")
        assert outbox == []


class TestLiftLock:
    def test_codes_are_compared_again_and_no_guess_is_given_back(self) -> None:
        begun = verifications.start(ALICE, "register")
        code = right_code(begun.pk)
        verifications.check(begun.pk, mistyped(code))
        PhoneNumber.objects.update(locked_until=timezone.now() + DAY)
        blocks.lift_lock(PhoneNumber.objects.get())
        assert PhoneNumber.objects.get().failed_checks == 1
        assert verifications.check(begun.pk, code)
