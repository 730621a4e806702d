from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from sms_verification import proofs
from sms_verification.exceptions import UnknownPurpose
from sms_verification.models import PhoneNumber, Verification
from sms_verification.verifications import peek, use
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)
SECOND = timedelta(seconds=1)


@pytest.fixture
def approved(clock: time_machine.Traveller) -> Verification:
    return VerificationFactory(created_at=NOON, approved_at=NOON)


@pytest.fixture
def proof(approved: Verification) -> str:
    return proofs.write(approved.pk)


class TestUse:
    def test_spends_an_approval(self, approved: Verification) -> None:
        assert use(approved, "register") == approved
        assert approved.used_at == NOON
        assert Verification.objects.get().used_at == NOON

    def test_spends_a_proof(self, approved: Verification, proof: str) -> None:
        used = use(proof, "register")
        assert used == approved
        assert used is not None
        assert used.used_at == NOON
        assert used.phone_number.number == approved.phone_number.number

    def test_spends_it_once(self, approved: Verification, proof: str) -> None:
        """A39."""
        twin = Verification.objects.get()
        use(approved, "register")
        assert use(approved, "register") is None
        assert use(twin, "register") is None
        assert use(proof, "register") is None
        assert twin.used_at is None

    def test_spends_it_for_its_purpose(
        self, approved: Verification, proof: str
    ) -> None:
        assert use(approved, "login") is None
        assert use(proof, "reset_password") is None
        assert Verification.objects.get().used_at is None

    def test_an_unlisted_purpose_is_unknown(self, approved: Verification) -> None:
        with pytest.raises(UnknownPurpose):
            use(approved, "unlisted")

    @pytest.mark.parametrize(("later", "spent"), [(-SECOND, True), (0 * SECOND, False)])
    def test_spends_it_within_ten_minutes(
        self,
        approved: Verification,
        clock: time_machine.Traveller,
        later: timedelta,
        spent: bool,
    ) -> None:
        clock.shift(TEN_MINUTES + later)
        assert (use(approved, "register") is not None) == spent

    def test_does_not_ask_when_the_code_expired(
        self, approved: Verification, clock: time_machine.Traveller
    ) -> None:
        clock.shift(timedelta(minutes=9))
        assert approved.expires_at < NOON + timedelta(minutes=9)
        assert use(approved, "register") == approved

    def test_spends_no_pending_one(self, clock: Any) -> None:
        pending = VerificationFactory()
        assert use(pending, "register") is None
        assert use(proofs.write(pending.pk), "register") is None
        assert Verification.objects.get().used_at is None

    @pytest.mark.parametrize("forged", ["", ":", "x", "x:y"])
    def test_spends_nothing_for_a_forgery(
        self, approved: Verification, forged: str
    ) -> None:
        assert use(forged, "register") is None
        assert use(approved.pk.hex, "register") is None
        assert Verification.objects.get().used_at is None


class TestSignedIn:
    @pytest.fixture
    def approved(self, clock: Any) -> Verification:
        return VerificationFactory(
            purpose="change_phone",
            user=UserFactory(),
            created_at=NOON,
            approved_at=NOON,
        )

    def test_only_who_started_it_spends_it(self, approved: Verification) -> None:
        stranger = UserFactory().pk
        assert use(approved, "change_phone", user_pk=stranger) is None
        assert use(approved, "change_phone", user_pk=approved.user_id) == approved

    def test_nobody_does_not_spend_it(self, approved: Verification) -> None:
        assert use(approved, "change_phone") is None
        Verification.objects.update(user=None)
        assert use(approved, "change_phone") is None
        assert Verification.objects.get().used_at is None

    def test_other_purposes_ask_for_no_user(self) -> None:
        approved = VerificationFactory(created_at=NOON, approved_at=NOON)
        with time_machine.travel(NOON, tick=False):
            assert use(approved, "register", user_pk=7) == approved


class TestOwnNumber:
    """A34: a purpose of the host's own is for the number that is the user's still."""

    @pytest.fixture
    def approved(self, settings: Any, clock: Any) -> Verification:
        settings.SMS_VERIFICATION_PURPOSES = {"withdraw": {}}
        number = PhoneNumberFactory(user=UserFactory(), verified_at=NOON - SECOND)
        return VerificationFactory(
            purpose="withdraw",
            phone_number=number,
            user=number.user,
            created_at=NOON,
            approved_at=NOON,
        )

    def test_of_the_user_is_spent(self, approved: Verification) -> None:
        assert use(approved, "withdraw", user_pk=approved.user_id) == approved

    @pytest.mark.parametrize(
        "since", [{"user": None}, {"verified_at": NOON + SECOND}], ids=["left", "back"]
    )
    def test_that_moved_since_is_not(
        self, approved: Verification, proof: str, since: dict[str, Any]
    ) -> None:
        PhoneNumber.objects.update(**since)
        for shown in [approved, proof]:
            assert use(shown, "withdraw", user_pk=approved.user_id) is None
        assert Verification.objects.get().used_at is None

    def test_that_nobody_has_proved_is_not(self, approved: Verification) -> None:
        Verification.objects.update(approved_at=None)
        assert use(approved, "withdraw", user_pk=approved.user_id) is None

    def test_of_another_user_by_now_is_not(self, approved: Verification) -> None:
        PhoneNumber.objects.update(user=UserFactory())
        assert use(approved, "withdraw", user_pk=approved.user_id) is None


class TestTransaction:
    def test_of_the_caller_s_is_shared(self, approved: Verification) -> None:
        with transaction.atomic():
            assert use(approved, "register") == approved
            transaction.set_rollback(True)
        assert Verification.objects.get().used_at is None
        with transaction.atomic():
            assert use(approved, "register") == approved
        assert Verification.objects.get().used_at == NOON


class TestPeek:
    def test_returns_what_could_be_spent_and_spends_nothing(
        self, approved: Verification, proof: str
    ) -> None:
        assert peek(proof, "register") == approved
        assert peek(proof, "register") == approved
        assert Verification.objects.get().used_at is None

    def test_returns_none_for_another_purpose(self, proof: str) -> None:
        assert peek(proof, "login") is None

    def test_returns_none_once_it_was_spent(
        self, approved: Verification, proof: str
    ) -> None:
        use(approved, "register")
        assert peek(proof, "register") is None

    def test_returns_none_after_ten_minutes(
        self, proof: str, clock: time_machine.Traveller
    ) -> None:
        clock.shift(TEN_MINUTES)
        assert peek(proof, "register") is None

    def test_returns_none_for_what_is_pending(self) -> None:
        pending = VerificationFactory()
        assert peek(proofs.write(pending.pk), "register") is None

    def test_returns_none_for_a_forgery(self, approved: Verification) -> None:
        assert peek(approved.pk.hex, "register") is None

    def test_returns_none_for_what_is_gone(
        self, approved: Verification, proof: str
    ) -> None:
        approved.delete()
        assert peek(proof, "register") is None
