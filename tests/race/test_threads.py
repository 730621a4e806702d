"""Races between threads, on the real database that ``DATABASE`` names.

A test's threads, at most 50 with a connection of their own each, wait at a barrier
until all are there, then call; of 100 or 200 calls each thread makes several, one
after the other. Each race is run again as often as the database's variant says, with
new rows.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.db import OperationalError, transaction
from django.dispatch import Signal
from django.utils import timezone
from pytest_django import Settings

from sms_verification import proofs, signals, verifications
from sms_verification.exceptions import (
    LockedOut,
    NotPending,
    SendLimited,
    VerificationError,
)
from sms_verification.messages import code_of
from sms_verification.models import Delivery, Outcome, PhoneNumber, Verification
from sms_verification.types import SmsMessage
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory
from tests.race.crowd import Call, Crowd
from tests.race.databases import Variant


@contextmanager
def heard(signal: Signal) -> Iterator[list[dict[str, Any]]]:
    """Collect what a signal carries, from every thread."""
    payloads: list[dict[str, Any]] = []

    def receive(**payload: Any) -> None:
        payloads.append(payload)

    signal.connect(receive)
    try:
        yield payloads
    finally:
        signal.disconnect(receive)


def wrong_codes(verification: Verification, count: int) -> list[str]:
    right = code_of(verification)
    codes = (str(n).zfill(6) for n in range(count + 1))
    return [code for code in codes if code != right][:count]


def guesses(verification: Verification, count: int) -> list[Call]:
    codes = wrong_codes(verification, count)
    return [partial(verifications.check, verification.pk, code) for code in codes]


def of(kind: type, answers: Sequence[Any]) -> list[Any]:
    return [answer for answer in answers if isinstance(answer, kind)]


def number_after_its_cooldown() -> PhoneNumber:
    sent_at = timezone.now() - timedelta(seconds=90)
    return PhoneNumberFactory.create(sent_at=[sent_at.timestamp()], sends=1)


def verification_after_its_cooldown() -> Verification:
    return VerificationFactory.create(
        phone_number=number_after_its_cooldown(),
        created_at=timezone.now() - timedelta(seconds=90),
    )


def assert_spent(verification: Verification, failures: Sequence[Any]) -> None:
    """Each failure that was told of has spent a check of its own, and no other."""
    told = [f for f in failures if f["verification_id"] == verification.pk]
    left = sorted(failure["checks_left"] for failure in told)
    assert left == [*range(verification.checks_left, 5)]


def assert_counted(
    database: Variant, number: PhoneNumber, failures: Sequence[Any]
) -> None:
    # A guess that the database refused too often counts for its verification alone.
    assert number.failed_checks <= len(failures)
    assert number.failed_checks == len(failures) or database.refuses


class RightCodesTests:
    # A number with failures takes another way through the database: they are reset.
    @pytest.mark.parametrize("failed_checks", [0, 3])
    def test_of_50_one_is_approved(
        self, database: Variant, crowd: Crowd, failed_checks: int
    ) -> None:
        for _ in range(database.repetitions):
            number = PhoneNumberFactory.create(failed_checks=failed_checks)
            verification = VerificationFactory.create(phone_number=number)
            right = partial(verifications.check, verification.pk, code_of(verification))
            with heard(signals.verification_approved) as approvals:
                answers = crowd.run([right] * 50)
            assert len(of(Verification, answers)) == 1
            assert len(approvals) == 1
            assert not of(VerificationError, answers)
            number.refresh_from_db()
            assert number.failed_checks == 0


class GuessesTests:
    def test_of_200_five_count_and_the_right_code_is_refused_after(
        self, database: Variant, crowd: Crowd
    ) -> None:
        for _ in range(database.repetitions):
            verification = VerificationFactory.create()
            with heard(signals.check_failed) as failures:
                answers = crowd.run(guesses(verification, 200))
            assert not of(Verification, answers)
            verification.refresh_from_db()
            assert verification.checks_left == 0
            assert_spent(verification, failures)
            assert_counted(database, verification.phone_number, failures)
            code = code_of(verification)
            assert verifications.check(verification.pk, code) is None

    def test_none_is_lost_where_several_verifications_share_a_number(
        self, database: Variant, crowd: Crowd
    ) -> None:
        for _ in range(database.repetitions):
            number = PhoneNumberFactory.create()
            several = VerificationFactory.create_batch(4, phone_number=number)
            calls = [
                call
                for four in zip(*(guesses(v, 25) for v in several), strict=True)
                for call in four
            ]
            with heard(signals.check_failed) as failures:
                crowd.run(calls)
            for verification in several:
                verification.refresh_from_db()
                assert_spent(verification, failures)
            number.refresh_from_db()
            assert_counted(database, number, failures)

    def test_none_is_lost_while_right_codes_reset_the_numbers_count(
        self, database: Variant, crowd: Crowd
    ) -> None:
        for _ in range(database.repetitions):
            number = PhoneNumberFactory.create()
            guessed = VerificationFactory.create(phone_number=number)
            others = VerificationFactory.create_batch(10, phone_number=number)
            right = [partial(verifications.check, v.pk, code_of(v)) for v in others]
            pairs = zip(guesses(guessed, 30), right * 3, strict=True)
            with heard(signals.check_failed) as failures:
                crowd.run([call for pair in pairs for call in pair])
            guessed.refresh_from_db()
            assert_spent(guessed, failures)

    def test_the_lockout_lets_no_further_one_by(
        self, database: Variant, crowd: Crowd, settings: Settings
    ) -> None:
        settings.SMS_VERIFICATION_LOCKOUT_AFTER = 3
        for _ in range(database.repetitions):
            verification = VerificationFactory.create()
            with heard(signals.check_failed) as failures:
                crowd.run(guesses(verification, 50))
            verification.refresh_from_db()
            assert_spent(verification, failures)
            number = verification.phone_number
            assert_counted(database, number, failures)
            assert number.failed_checks == 3
            assert number.locked_until is not None
            with pytest.raises(LockedOut):
                verifications.check(verification.pk, "000000")


class SendsTests:
    """Exactly one SMS within the cooldown, whoever asks for it and how."""

    def assert_one_sms(
        self,
        number: PhoneNumber,
        answers: Sequence[Any],
        outbox: list[SmsMessage],
        sends: int,
    ) -> None:
        assert len(outbox) == 1
        assert len(of(Verification, answers)) == 1
        assert len(of(SendLimited, answers)) == 99
        assert number.sends == sends
        assert len(number.sent_at) == sends
        delivery = Delivery.objects.get(verification__phone_number=number)
        assert delivery.outcome == Outcome.ACCEPTED
        outbox.clear()

    def test_of_100_starts_for_an_unseen_number(
        self, database: Variant, crowd: Crowd, outbox: list[SmsMessage]
    ) -> None:
        for repetition in range(database.repetitions):
            text = f"+86138100100{repetition:02d}"
            start = partial(verifications.start, text, "register")
            answers = crowd.run([start] * 100)
            number = PhoneNumber.objects.get(number=text)
            self.assert_one_sms(number, answers, outbox, sends=1)
            assert number.verifications.count() == 1

    def test_of_100_starts_for_a_seen_number(
        self, database: Variant, crowd: Crowd, outbox: list[SmsMessage]
    ) -> None:
        for _ in range(database.repetitions):
            number = number_after_its_cooldown()
            start = partial(verifications.start, number.number, "register")
            answers = crowd.run([start] * 100)
            number.refresh_from_db()
            self.assert_one_sms(number, answers, outbox, sends=2)
            assert number.verifications.count() == 1

    def test_of_100_resends(
        self, database: Variant, crowd: Crowd, outbox: list[SmsMessage]
    ) -> None:
        for _ in range(database.repetitions):
            verification = verification_after_its_cooldown()
            answers = crowd.run([partial(verifications.resend, verification.pk)] * 100)
            number = PhoneNumber.objects.get(pk=verification.phone_number_id)
            self.assert_one_sms(number, answers, outbox, sends=2)

    def test_of_50_starts_and_50_resends(
        self, database: Variant, crowd: Crowd, outbox: list[SmsMessage]
    ) -> None:
        for _ in range(database.repetitions):
            verification = verification_after_its_cooldown()
            number = verification.phone_number
            start = partial(verifications.start, number.number, "register")
            resend = partial(verifications.resend, verification.pk)
            answers = crowd.run([start, resend] * 50)
            number.refresh_from_db()
            self.assert_one_sms(number, answers, outbox, sends=2)


class UseTests:
    def approved(self) -> Verification:
        return VerificationFactory.create(approved_at=timezone.now())

    def test_of_50_of_one_proof_one_takes_effect(
        self, database: Variant, crowd: Crowd
    ) -> None:
        for _ in range(database.repetitions):
            proof = proofs.write(self.approved().pk)
            answers = crowd.run([partial(verifications.use, proof, "register")] * 50)
            assert len(of(Verification, answers)) == 1
            assert answers.count(None) == 49

    def test_of_10_in_the_callers_transactions_one_takes_effect(
        self, database: Variant, crowd: Crowd
    ) -> None:
        def change(proof: str) -> str:
            try:
                with transaction.atomic():
                    if verifications.use(proof, "register"):
                        UserFactory.create(username=proof[:32])
                        return "changed"
                    return "refused"
            except OperationalError:
                if not database.refuses:
                    raise
                return "refused"

        for _ in range(database.repetitions):
            proof = proofs.write(self.approved().pk)
            answers = crowd.run([partial(change, proof)] * 10)
            assert answers.count("changed") == 1
            assert get_user_model().objects.filter(username=proof[:32]).count() == 1


class LoginsTests:
    @pytest.fixture(autouse=True)
    def _create_users(self, settings: Settings) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = True

    def login(self, verification: Verification) -> Call:
        return partial(
            authenticate,
            None,
            phone_number=verification.phone_number.number,
            secret_code=code_of(verification),
            verification_id=verification.pk,
        )

    def test_two_of_one_number_make_one_user(
        self, database: Variant, crowd: Crowd
    ) -> None:
        users = get_user_model().objects
        for repetition in range(database.repetitions):
            number = PhoneNumberFactory.create()
            two = VerificationFactory.create_batch(
                2, phone_number=number, purpose="login"
            )
            first, second = crowd.run([self.login(v) for v in two])
            assert first == second
            assert first is not None
            assert users.count() == repetition + 1
            number.refresh_from_db()
            assert number.user == first

    def test_of_two_with_one_code_one_gets_in(
        self, database: Variant, crowd: Crowd
    ) -> None:
        users = get_user_model().objects
        for repetition in range(database.repetitions):
            verification = VerificationFactory.create(purpose="login")
            answers = crowd.run([self.login(verification)] * 2)
            assert answers.count(None) == 1
            assert users.count() == repetition + 1

    def test_of_two_with_one_proof_one_gets_in(
        self, database: Variant, crowd: Crowd
    ) -> None:
        users = get_user_model().objects
        for repetition in range(database.repetitions):
            verification = VerificationFactory.create(
                purpose="login", approved_at=timezone.now()
            )
            proof = proofs.write(verification.pk)
            answers = crowd.run([partial(authenticate, secret_proof=proof)] * 2)
            assert answers.count(None) == 1
            assert users.count() == repetition + 1


class MixtureTests:
    """All verbs on one number at once: refusals only, and the books balance."""

    @pytest.fixture(autouse=True)
    def _owner(self, database: Variant) -> None:
        self.owner = UserFactory.create()

    def verbs(self, number: PhoneNumber, pending: list[Verification]) -> list[Call]:
        """Return each verb several times, so mixed that like stands beside unlike."""
        one, two, three = pending
        approved = VerificationFactory.create(
            phone_number=number, approved_at=timezone.now()
        )
        proof = proofs.write(approved.pk)
        wrong = wrong_codes(three, 1)[0]
        return [
            partial(verifications.start, number.number, "register"),
            partial(verifications.resend, two.pk),
            partial(verifications.check, one.pk, code_of(one)),
            partial(verifications.check, two.pk, wrong_codes(two, 1)[0]),
            partial(verifications.use, proof, "register"),
            partial(verifications.start, number.number, "login"),
            partial(verifications.resend, three.pk),
            partial(verifications.check, two.pk, code_of(two), use=True),
            partial(authenticate, phone_number=number.number, secret_code=wrong),
            partial(authenticate, secret_code=code_of(three), verification_id=three.pk),
            partial(verifications.status, one.pk),
        ] * 10

    def assert_books_balance(
        self, number: PhoneNumber, failures: list[Any], approvals: list[Any]
    ) -> None:
        ids = [approval["verification_id"] for approval in approvals]
        assert len(set(ids)) == len(ids)
        deliveries = Delivery.objects.filter(verification__phone_number=number)
        assert {d.outcome for d in deliveries} <= {Outcome.ACCEPTED}
        assert number.sends == len(number.sent_at) == 1 + len(deliveries)
        for verification in number.verifications.all():
            assert_spent(verification, failures)

    @pytest.mark.parametrize(
        ("cooldowns", "most"),
        [([timedelta(seconds=60)], 1), ([timedelta(microseconds=1)], 10**6)],
        ids=["with cooldown", "without cooldown"],
    )
    def test_meets_no_error_and_loses_nothing(
        self,
        database: Variant,
        crowd: Crowd,
        settings: Settings,
        outbox: list[SmsMessage],
        caplog: pytest.LogCaptureFixture,
        cooldowns: list[timedelta],
        most: int,
    ) -> None:
        settings.SMS_VERIFICATION_RESEND_COOLDOWNS = cooldowns
        settings.SMS_VERIFICATION_PHONE_NUMBER_LIMITS = ["1000000/s"]
        caplog.set_level(logging.INFO, "sms_verification")
        for _ in range(database.repetitions):
            number = number_after_its_cooldown()
            PhoneNumber.objects.filter(pk=number.pk).update(user=self.owner)
            pending = [
                VerificationFactory.create(phone_number=number, purpose=purpose)
                for purpose in ("register", "register", "login")
            ]
            calls = self.verbs(number, pending)
            with (
                heard(signals.check_failed) as failures,
                heard(signals.verification_approved) as approvals,
            ):
                answers = crowd.run(calls)
            assert {type(a) for a in of(VerificationError, answers)} <= {
                SendLimited,
                LockedOut,
                NotPending,
            }
            number.refresh_from_db()
            self.assert_books_balance(number, failures, approvals)
            assert len(outbox) == number.sends - 1 <= most
            outbox.clear()
            PhoneNumber.objects.filter(pk=number.pk).update(user=None)
        # A deadlock would be run again, and this is where it would be told.
        if not database.refuses:
            assert "OperationalError" not in caplog.text
