from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from sms_verification import guards, signals, verifications
from sms_verification.exceptions import (
    InTransaction,
    LockedOut,
    NotFound,
    SendLimited,
    SignInRequired,
    UnknownPurpose,
    UnsupportedPhoneNumber,
)
from sms_verification.models import Delivery, PhoneNumber, Verification
from sms_verification.types import Client, SmsMessage
from sms_verification.verifications import start
from tests.factories import PhoneNumberFactory, UserFactory
from tests.phones import ALICE, BOB, right_code

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
Outbox = list[SmsMessage]


class TestStart:
    def test_sends_the_code_to_the_number(self, outbox: Outbox) -> None:
        verification = start(ALICE, "register")
        [message] = outbox
        assert (message.phone_number, message.purpose) == (ALICE, "register")
        assert message.code == right_code(verification.pk)
        assert len(message.code) == 6

    def test_stores_a_pending_verification(self, clock: Any) -> None:
        row = Verification.objects.get(pk=start(ALICE, "register").pk)
        assert (row.phone_number.number, row.purpose) == (ALICE, "register")
        assert row.created_at == NOON
        assert row.expires_at == NOON + timedelta(minutes=5)
        assert (row.checks_left, row.code_length) == (5, 6)
        assert (row.approved_at, row.used_at) == (None, None)

    def test_records_who_asked(self) -> None:
        user = UserFactory()
        client = Client(
            address="203.0.113.9",
            user_agent="curl",
            user_pk=user.pk,
            language="zh-hans",
        )
        row = Verification.objects.get(pk=start(ALICE, "register", client).pk)
        assert (row.address, row.user_agent) == ("203.0.113.9", "curl")
        assert (row.user, row.language) == (user, "zh-hans")

    def test_records_what_fits_of_a_language(self) -> None:
        client = Client(language="zh-hans-" + "x" * 40)
        row = Verification.objects.get(pk=start(ALICE, "register", client).pk)
        assert row.language == "zh-hans-xxxxxxxx"

    def test_records_nobody_for_a_caller_without_client(self) -> None:
        row = Verification.objects.get(pk=start(ALICE, "register").pk)
        assert (row.address, row.user_agent, row.user) == (None, "", None)

    def test_records_the_delivery(self, outbox: Outbox) -> None:
        verification = start(ALICE, "register")
        delivery = Delivery.objects.get()
        assert delivery.verification == verification
        assert (delivery.provider, delivery.outcome) == ("default", "accepted")
        assert delivery.message_id == outbox[0].delivery_id == delivery.pk.hex

    def test_stores_the_code_nowhere(self) -> None:
        code = right_code(start(ALICE, "register").pk)
        tables = [PhoneNumber, Verification, Delivery]
        stored = [row for table in tables for row in table.objects.values()]
        assert code not in str(stored)

    def test_is_told_without_the_number(self, told: list[dict[str, Any]]) -> None:
        verification = start(ALICE, "register")
        event = told[0]
        assert event["name"] == "started"
        assert event["verification_id"] == verification.pk
        assert event["phone_number"] == "+86138****8000"

    def test_survives_a_receiver_that_fails(self, outbox: Outbox) -> None:
        def fail(**event: Any) -> None:
            raise RuntimeError

        signals.verification_started.connect(fail)
        start(ALICE, "register")
        assert len(outbox) == 1

    def test_obeys_the_purpose_s_length(self, settings: Any, outbox: Outbox) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {"register": {"CODE_LENGTH": 8}}
        assert start(ALICE, "register").code_length == 8
        assert len(outbox[0].code) == 8

    def test_works_for_a_purpose_of_the_host_s(
        self, settings: Any, outbox: Outbox
    ) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {"sign_contract": {"SIGNED_IN": False}}
        assert start(ALICE, "sign_contract").purpose == "sign_contract"
        assert (outbox[0].phone_number, outbox[0].purpose) == (ALICE, "sign_contract")

    def test_of_the_host_s_own_goes_to_the_user_s_number(
        self, settings: Any, outbox: Outbox
    ) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {"sign_contract": {}}
        alice = PhoneNumberFactory(number=ALICE, user=UserFactory()).user
        start(BOB, "sign_contract", Client(user_pk=alice.pk))
        assert [message.phone_number for message in outbox] == [ALICE]


class TestRefusals:
    def _assert_nothing_happened(self, outbox: Outbox) -> None:
        assert outbox == []
        assert not Verification.objects.exists()
        assert not Delivery.objects.exists()

    def test_an_unlisted_purpose_is_unknown(self, outbox: Outbox) -> None:
        with pytest.raises(UnknownPurpose):
            start(ALICE, "unlisted")
        self._assert_nothing_happened(outbox)

    def test_a_number_that_takes_no_sms_is_unsupported(self, outbox: Outbox) -> None:
        with pytest.raises(UnsupportedPhoneNumber):
            start("+861012345678", "register")
        self._assert_nothing_happened(outbox)

    @pytest.mark.parametrize("client", [None, Client()])
    def test_a_change_of_phone_demands_a_user(
        self, client: Client | None, outbox: Outbox
    ) -> None:
        with pytest.raises(SignInRequired):
            start(ALICE, "change_phone", client)
        self._assert_nothing_happened(outbox)

    def test_a_locked_number_gets_no_sms(self, outbox: Outbox, clock: Any) -> None:
        PhoneNumberFactory(number=ALICE, locked_until=NOON + timedelta(hours=1))
        with pytest.raises(LockedOut) as caught:
            start(ALICE, "register")
        assert caught.value.retry_after == timedelta(hours=1)
        self._assert_nothing_happened(outbox)

    def test_a_blocked_number_gets_no_sms(self, outbox: Outbox, clock: Any) -> None:
        PhoneNumberFactory(number=ALICE, blocked_until=NOON + timedelta(days=1))
        with pytest.raises(SendLimited) as caught:
            start(ALICE, "register")
        assert caught.value.retry_after == timedelta(days=1)
        self._assert_nothing_happened(outbox)

    def test_a_transaction_of_the_caller_s_is_refused(self, outbox: Outbox) -> None:
        with transaction.atomic(), pytest.raises(InTransaction):
            start(ALICE, "register")
        self._assert_nothing_happened(outbox)

    def test_a_guard_refuses_before_anything_is_spent(
        self, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Closed:
            def review(self, *args: Any) -> None:
                raise UnsupportedPhoneNumber

        with monkeypatch.context() as patch:
            patch.setattr(guards, "GUARDS", [Closed()])
            with pytest.raises(UnsupportedPhoneNumber):
                start(ALICE, "register")
        self._assert_nothing_happened(outbox)
        start(ALICE, "register")

    def test_a_client_past_its_limit_spends_none_of_the_number_s(
        self, settings: Any, outbox: Outbox
    ) -> None:
        settings.SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["1/h"]}
        client = Client(address="203.0.113.9")
        start(BOB, "register", client)
        with pytest.raises(SendLimited):
            start(ALICE, "register", client)
        assert [message.phone_number for message in outbox] == [BOB]
        start(ALICE, "register", Client(address="203.0.113.10"))

    def test_a_number_past_its_limit_spends_none_of_the_client_s(
        self, settings: Any, outbox: Outbox
    ) -> None:
        settings.SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["2/h"]}
        client = Client(address="203.0.113.9")
        start(ALICE, "register", client)
        for _ in range(3):
            with pytest.raises(SendLimited):
                start(ALICE, "register", client)
        start(BOB, "register", client)
        assert len(outbox) == 2


class TestStatus:
    def test_is_what_was_started(self) -> None:
        verification = start(ALICE, "register")
        found = verifications.status(verification.pk)
        assert found == verification
        assert found.phone_number.number == ALICE

    def test_of_an_unknown_id_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            verifications.status(uuid4())
