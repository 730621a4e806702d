"""What the flow makes of others who write the same rows at the same time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction

from sms_verification import storage, verifications
from sms_verification.exceptions import LockedOut, SendLimited
from sms_verification.models import PhoneNumber, Verification
from sms_verification.transactions import Contended, Lost
from sms_verification.types import Client, SmsMessage
from sms_verification.verifications import Attempt, attempt, check, start, use
from tests.factories import VerificationFactory
from tests.phones import ALICE, BOB, mistyped, right_code

pytestmark = pytest.mark.django_db


@pytest.fixture
def pending() -> Verification:
    return VerificationFactory(phone_number__number=ALICE)


@pytest.fixture
def code(pending: Verification) -> str:
    return right_code(pending.pk)


def _lose(*args: Any, **kwargs: Any) -> None:
    raise Lost


class TestCheck:
    """Another check that gets on between our reading and our writing."""

    def test_that_spent_a_check_is_seen(
        self, pending: Verification, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        find = storage.find
        rivals = [mistyped(code)]

        def find_and_be_overtaken(verification_id: Any) -> Verification | None:
            row = find(verification_id)
            if rivals:
                verifications.check(verification_id, rivals.pop())
            return row

        monkeypatch.setattr(storage, "find", find_and_be_overtaken)
        assert attempt(pending.pk, mistyped(code)) == Attempt(None, 3)
        assert PhoneNumber.objects.get().failed_checks == 2

    def test_that_approved_leaves_nothing_to_approve(
        self, pending: Verification, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        find = storage.find
        rivals = [code]

        def find_and_be_overtaken(verification_id: Any) -> Verification | None:
            row = find(verification_id)
            if rivals:
                assert verifications.check(verification_id, rivals.pop())
            return row

        monkeypatch.setattr(storage, "find", find_and_be_overtaken)
        assert check(pending.pk, code) is None

    def test_without_end_is_a_lock_and_no_free_guess(
        self, pending: Verification, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(storage, "approve", _lose)
        with pytest.raises(LockedOut) as caught:
            check(pending.pk, code)
        assert caught.value.retry_after == timedelta(seconds=1)

    @pytest.mark.parametrize("verb", ["approve", "fail"])
    def test_without_end_costs_a_check_whether_right_or_wrong(
        self,
        pending: Verification,
        code: str,
        monkeypatch: pytest.MonkeyPatch,
        verb: str,
    ) -> None:
        monkeypatch.setattr(storage, verb, _lose)
        with pytest.raises(LockedOut):
            check(pending.pk, code if verb == "approve" else mistyped(code))
        assert Verification.objects.get().checks_left == 4

    def test_without_end_of_what_is_over_costs_nothing(
        self, pending: Verification, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def end_and_lose(*args: Any, **kwargs: Any) -> None:
            Verification.objects.update(checks_left=0)
            raise Contended

        monkeypatch.setattr(storage, "approve", end_and_lose)
        with pytest.raises(LockedOut):
            check(pending.pk, code)
        assert Verification.objects.get().checks_left == 0


class TestStart:
    def test_that_loses_sees_the_winner_s_cooldown(
        self, outbox: list[SmsMessage], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        find_number = storage.find_number
        rivals = [ALICE]

        def find_and_be_overtaken(phone_number: str) -> PhoneNumber:
            number = find_number(phone_number)
            if rivals:
                start(rivals.pop(), "register")
            return number

        monkeypatch.setattr(storage, "find_number", find_and_be_overtaken)
        with pytest.raises(SendLimited):
            start(ALICE, "register")
        assert len(outbox) == 1

    def test_is_one_action_of_the_client_s_however_often_it_is_tried(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["2/h"]}
        client = Client(address="203.0.113.9")
        with monkeypatch.context() as patch:
            patch.setattr(storage, "begin", _lose)
            with pytest.raises(SendLimited) as caught:
                start(ALICE, "register", client)
        assert caught.value.retry_after == timedelta(seconds=1)
        start(BOB, "register", client)


class TestUse:
    def test_is_tried_once_in_the_caller_s_transaction(
        self, pending: Verification, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The caller must see its transaction fail, and try all of it again."""
        tries = []

        def refuse(*args: Any, **kwargs: Any) -> bool:
            tries.append(args)
            raise OperationalError

        check(pending.pk, code)
        monkeypatch.setattr(storage, "use", refuse)
        with pytest.raises(OperationalError), transaction.atomic():
            use(pending, "register")
        assert len(tries) == 1

    def test_that_never_finds_the_row_still_spends_nothing(
        self, pending: Verification, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*args: Any, **kwargs: Any) -> bool:
            raise Lost

        check(pending.pk, code)
        with monkeypatch.context() as patch:
            patch.setattr(storage, "use", refuse)
            assert use(pending, "register") is None
        assert use(pending, "register") == pending
