from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from sms_verification import verifications
from sms_verification.exceptions import LockedOut, SendLimited
from sms_verification.models import PhoneNumber
from tests.admin.conftest import VIEW
from tests.factories import PhoneNumberFactory
from tests.phones import ALICE

pytestmark = pytest.mark.django_db

ACTIONS = ["block", "unblock", "lift-lock"]
REASON = "A complaint of 2026-01-02."


@pytest.fixture
def number() -> Any:
    """Both blocked and locked."""
    soon = timezone.now() + timedelta(hours=2)
    return PhoneNumberFactory(
        number=ALICE,
        failed_checks=100,
        locked_until=soon,
        blocked_until=soon,
        block_reason="An old one.",
    )


def page(number: PhoneNumber, action: str) -> str:
    return f"/admin/sms_verification/phonenumber/{number.pk}/{action}/"


def state(number: PhoneNumber) -> tuple[Any, ...]:
    number.refresh_from_db()
    return number.locked_until, number.blocked_until, number.block_reason


class TestBlock:
    @pytest.mark.parametrize(
        ("duration", "length"),
        [
            ("hour", timedelta(hours=1)),
            ("day", timedelta(days=1)),
            ("week", timedelta(days=7)),
            ("month", timedelta(days=30)),
        ],
    )
    def test_lasts_as_long_as_chosen(
        self,
        blocking_client: Client,
        clock: Any,
        duration: str,
        length: timedelta,
    ) -> None:
        number = PhoneNumberFactory()
        form = {"duration": duration, "reason": REASON}
        response = blocking_client.post(page(number, "block"), form)
        assert response.headers["Location"] == page(number, "change")
        assert state(number)[1:] == (timezone.now() + length, REASON)

    def test_lasts_until_it_is_lifted(
        self, blocking_client: Client, clock: Any
    ) -> None:
        number = PhoneNumberFactory(number=ALICE)
        form = {"duration": "lifted", "reason": REASON}
        blocking_client.post(page(number, "block"), form)
        clock.shift(timedelta(days=3650))
        with pytest.raises(SendLimited):
            verifications.start(ALICE, "register")

    def test_lasts_in_every_time_zone(
        self, blocking_client: Client, settings: Any
    ) -> None:
        settings.TIME_ZONE = "Pacific/Kiritimati"
        number = PhoneNumberFactory(number=ALICE)
        form = {"duration": "lifted", "reason": REASON}
        blocking_client.post(page(number, "block"), form)
        text = blocking_client.get(page(number, "change")).text
        assert f"Blocked until it is lifted: {REASON}" in text

    @pytest.mark.parametrize(
        "form",
        [
            {"duration": "day"},
            {"duration": "day", "reason": "  "},
            {"duration": "year", "reason": REASON},
            {"duration": "day", "reason": "x" * 201},
            {"reason": REASON},
        ],
    )
    def test_needs_a_reason_and_a_length(
        self, blocking_client: Client, form: dict[str, str]
    ) -> None:
        number = PhoneNumberFactory()
        response = blocking_client.post(page(number, "block"), form)
        assert response.status_code == 200
        assert "errorlist" in response.text
        assert state(number) == (None, None, "")
        assert not LogEntry.objects.exists()

    def test_keeps_no_number_that_a_reason_names(self, blocking_client: Client) -> None:
        number = PhoneNumberFactory(number=ALICE)
        form = {"duration": "day", "reason": "He has 138 0013 8000 <b>"}
        blocking_client.post(page(number, "block"), form)
        assert state(number)[2] == "He has 138****00 <b>"
        assert "138****00 <b>" in LogEntry.objects.get().change_message
        text = blocking_client.get(page(number, "change")).text
        assert "He has 138****00 &lt;b&gt;" in text

    def test_keeps_no_more_of_a_reason_than_fits(self, blocking_client: Client) -> None:
        """Normalized, this one letter is a phrase of eighteen."""
        number = PhoneNumberFactory()
        form = {"duration": "day", "reason": "\ufdfa" * 200}
        blocking_client.post(page(number, "block"), form)
        assert len(state(number)[2]) == 200


class TestUndoing:
    def test_unblocks(self, blocking_client: Client, number: PhoneNumber) -> None:
        blocking_client.post(page(number, "unblock"), {"reason": REASON})
        locked_until, *block = state(number)
        assert block == [None, ""]
        assert locked_until is not None

    def test_lifts_a_lock_and_gives_no_guess_back(
        self, blocking_client: Client, number: PhoneNumber
    ) -> None:
        blocking_client.post(page(number, "lift-lock"), {"reason": REASON})
        locked_until, blocked_until, _ = state(number)
        assert locked_until is None
        assert blocked_until is not None
        assert number.failed_checks == 100

    @pytest.mark.parametrize("action", ["unblock", "lift-lock"])
    def test_of_nothing_is_not_on_record(
        self, blocking_client: Client, action: str
    ) -> None:
        number = PhoneNumberFactory()
        form = {"reason": REASON}
        response = blocking_client.post(page(number, action), form, follow=True)
        assert "The number is not " in response.text
        assert not LogEntry.objects.exists()


class TestRecord:
    @pytest.mark.parametrize(
        ("action", "said"),
        [
            ("block", "Blocked until it is lifted: "),
            ("unblock", "Unblocked: "),
            ("lift-lock", "Lock lifted: "),
        ],
    )
    def test_is_kept_of_each(
        self, blocking_client: Client, number: PhoneNumber, action: str, said: str
    ) -> None:
        form = {"duration": "lifted", "reason": REASON}
        blocking_client.post(page(number, action), form)
        entry = LogEntry.objects.get()
        assert entry.get_edited_object() == number
        assert entry.object_repr == "+86138****8000"
        assert json.loads(entry.change_message)["action"] == action
        assert said + REASON in blocking_client.get(page(number, "change")).text

    @pytest.mark.parametrize(
        ("action", "said"),
        [
            ("block", "已封禁（直到手动解除）："),
            ("unblock", "已解除封禁："),
            ("lift-lock", "已解除锁定："),
        ],
    )
    def test_is_told_in_the_language_of_who_reads_it(
        self, blocking_client: Client, number: PhoneNumber, action: str, said: str
    ) -> None:
        form = {"duration": "lifted", "reason": REASON}
        blocking_client.post(page(number, action), form)
        chinese = {"Accept-Language": "zh-hans"}
        text = blocking_client.get(page(number, "change"), headers=chinese).text
        assert f'<p class="sms-title">{said}{REASON}</p>' in text

    def test_fails_with_what_it_is_of(
        self,
        blocking_client: Client,
        number: PhoneNumber,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        before = state(number)

        def crash(*args: Any) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(
            "sms_verification.admin.numbers.PhoneNumberAdmin.log_change", crash
        )
        with pytest.raises(ZeroDivisionError):
            blocking_client.post(page(number, "unblock"), {"reason": REASON})
        assert state(number) == before


class TestPermission:
    @pytest.mark.parametrize("action", ACTIONS)
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_is_needed(
        self, staff_client: Client, number: PhoneNumber, action: str, method: str
    ) -> None:
        before = state(number)
        ask = getattr(staff_client, method)
        form = {"duration": "day", "reason": REASON}
        assert ask(page(number, action), form).status_code == 403
        assert state(number) == before
        assert page(number, action) not in staff_client.get(page(number, "change")).text

    @pytest.mark.parametrize("action", ACTIONS)
    def test_to_view_is_needed_too(
        self, staff_with: Callable[..., Client], number: PhoneNumber, action: str
    ) -> None:
        client = staff_with(*VIEW[1:], "block_phonenumber")
        assert client.post(page(number, action), {"reason": "x"}).status_code == 403

    @pytest.mark.parametrize("pk", [1, 1234567])
    def test_opens_the_way(
        self, blocking_client: Client, number: PhoneNumber, settings: Any, pk: int
    ) -> None:
        settings.USE_THOUSAND_SEPARATOR = True
        PhoneNumber.objects.update(id=pk)
        number.pk = pk
        here = page(number, "change")
        links = re.findall(r'href="([^"]*)"', blocking_client.get(here).text)
        ways = {urljoin(here, link) for link in links}
        assert {page(number, action) for action in ACTIONS} <= ways

    @pytest.mark.parametrize("action", ACTIONS)
    def test_does_not_let_another_site_act(
        self, blocking_client: Client, number: PhoneNumber, action: str
    ) -> None:
        before = state(number)
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = blocking_client.cookies
        form = {"duration": "day", "reason": REASON}
        assert strict.post(page(number, action), form).status_code == 403
        assert state(number) == before

    @pytest.mark.parametrize("action", ACTIONS)
    def test_to_look_does_nothing(
        self, blocking_client: Client, number: PhoneNumber, action: str
    ) -> None:
        before = state(number)
        query = {"duration": "day", "reason": REASON}
        assert blocking_client.get(page(number, action), query).status_code == 200
        assert state(number) == before

    def test_of_an_unknown_number_finds_none(self, blocking_client: Client) -> None:
        for action in ACTIONS:
            path = f"/admin/sms_verification/phonenumber/0/{action}/"
            assert blocking_client.get(path).status_code == 404


class TestLock:
    def test_is_told_and_lifted(self, blocking_client: Client, settings: Any) -> None:
        settings.SMS_VERIFICATION_LOCKOUT_AFTER = 1
        begun = verifications.start(ALICE, "register")
        assert verifications.check(begun.pk, "000000") is None
        with pytest.raises(LockedOut):
            verifications.check(begun.pk, "000000")
        number = PhoneNumber.objects.get()
        text = blocking_client.get(page(number, "change")).text
        assert "Locked: no code is compared until" in text
        assert "A code was typed and not compared" in text
        blocking_client.post(page(number, "lift-lock"), {"reason": REASON})
        assert verifications.check(begun.pk, "000001") is None
