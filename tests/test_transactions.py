from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import (
    DataError,
    IntegrityError,
    OperationalError,
    connection,
    transaction,
)

from sms_verification import transactions
from sms_verification.exceptions import InTransaction, VerificationError
from sms_verification.models import PhoneNumber
from sms_verification.transactions import Contended, Lost, refuse_inside, retry
from tests.factories import PhoneNumberFactory


class TestRefuseInside:
    @pytest.mark.django_db(transaction=True)
    def test_autocommit_is_let_through(self) -> None:
        assert refuse_inside("check") is None

    @pytest.mark.django_db
    def test_the_transaction_around_a_test_does_not_count(self) -> None:
        assert refuse_inside("check") is None

    @pytest.mark.django_db
    def test_a_transaction_inside_a_test_counts(self) -> None:
        with transaction.atomic(), pytest.raises(InTransaction):
            refuse_inside("check")

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("durable", [True, False])
    def test_a_transaction_is_refused(self, durable: bool) -> None:
        with transaction.atomic(durable=durable), pytest.raises(InTransaction):
            refuse_inside("check")

    @pytest.mark.django_db(transaction=True)
    def test_autocommit_switched_off_is_refused(self) -> None:
        connection.set_autocommit(False)
        try:
            with pytest.raises(InTransaction):
                refuse_inside("check")
        finally:
            connection.rollback()
            connection.set_autocommit(True)

    @pytest.mark.django_db
    def test_the_error_names_the_verb_and_the_way_out(self) -> None:
        with transaction.atomic(), pytest.raises(InTransaction) as caught:
            refuse_inside("resend")
        assert "resend() was called inside a transaction" in str(caught.value)
        assert "non_atomic_requests" in str(caught.value)

    def test_the_error_is_none_that_a_handler_of_refusals_would_swallow(self) -> None:
        assert not issubclass(InTransaction, VerificationError)


class Flaky:
    """Fails so many times, then returns how often it was called."""

    def __init__(self, error: Callable[[], Exception], times: int) -> None:
        self.error = error
        self.times = times
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self.times:
            raise self.error()
        return self.calls


class TestRetry:
    def test_returns_what_was_written(self) -> None:
        assert retry(Flaky(Lost, 0)) == 1

    @pytest.mark.parametrize("error", [Lost, IntegrityError, OperationalError])
    def test_tries_again_after(self, error: type[Exception]) -> None:
        assert retry(Flaky(error, 11)) == 12

    @pytest.mark.parametrize("error", [Lost, IntegrityError, OperationalError])
    def test_gives_up_after_twelve_tries(self, error: type[Exception]) -> None:
        write = Flaky(error, 99)
        with pytest.raises(Contended):
            retry(write)
        assert write.calls == 12

    def test_gives_up_when_nobody_waits_any_more(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transactions, "PATIENCE", -1)
        write = Flaky(OperationalError, 99)
        with pytest.raises(Contended):
            retry(write)
        assert write.calls == 1

    @pytest.mark.parametrize("error", [DataError, ValueError, InTransaction])
    def test_passes_on(self, error: type[Exception]) -> None:
        write = Flaky(error, 1)
        with pytest.raises(error):
            retry(write)
        assert write.calls == 1

    @pytest.mark.django_db
    def test_logs_the_class_of_an_error_without_its_values(self, caplog: Any) -> None:
        caplog.set_level("INFO", "sms_verification")
        PhoneNumberFactory(number="+8613800138000")

        def insert() -> None:
            with transaction.atomic():
                PhoneNumber.objects.create(number="+8613800138000")

        with pytest.raises(Contended) as caught:
            retry(insert)
        assert caplog.messages == ["Trying again after IntegrityError."] * 12
        assert str(caught.value) == ""
        assert caught.value.__context__ is None


class TestInside:
    @pytest.mark.django_db
    def test_tells_what_refuse_inside_refuses(self) -> None:
        assert transactions.inside() is False
        with transaction.atomic():
            assert transactions.inside() is True
