from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import (
    DatabaseError,
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


class Cause(Exception):
    """What a driver raises, with its own name for the fault."""

    def __init__(self, *args: object, **names: str) -> None:
        super().__init__(*args)
        vars(self).update(names)


def fault(kind: type[Exception], *args: object, **names: str) -> Exception:
    """Return Django's exception as it comes: with the driver's arguments and cause."""
    error = kind(*args)
    error.__cause__ = Cause(*args, **names)
    return error


PASSING = {
    "PostgreSQL cannot serialize": (OperationalError, (), {"sqlstate": "40001"}),
    "PostgreSQL ends a deadlock": (OperationalError, (), {"sqlstate": "40P01"}),
    "PostgreSQL has no lock": (OperationalError, (), {"sqlstate": "55P03"}),
    "MariaDB read before": (OperationalError, (1020, "…"), {}),
    "MariaDB has no lock": (OperationalError, (1205, "…"), {}),
    "MariaDB ends a deadlock": (OperationalError, (1213, "…"), {}),
    "SQLite is busy": (OperationalError, (), {"sqlite_errorname": "SQLITE_BUSY"}),
    "SQLite read before": (
        OperationalError,
        (),
        {"sqlite_errorname": "SQLITE_BUSY_SNAPSHOT"},
    ),
    "SQLite is locked": (OperationalError, (), {"sqlite_errorname": "SQLITE_LOCKED"}),
}
TAKEN = {
    "PostgreSQL": ((), {"sqlstate": "23505"}),
    "MariaDB": ((1062, "…"), {}),
    "SQLite": ((), {"sqlite_errorname": "SQLITE_CONSTRAINT_UNIQUE"}),
}


class TestRetry:
    def test_returns_what_was_written(self) -> None:
        assert retry(Flaky(Lost, 0)) == 1

    def test_tries_again_after_a_loss(self) -> None:
        assert retry(Flaky(Lost, 11)) == 12

    @pytest.mark.parametrize("name", PASSING)
    def test_tries_again_when(self, name: str) -> None:
        kind, args, names = PASSING[name]
        assert retry(Flaky(lambda: fault(kind, *args, **names), 11)) == 12

    @pytest.mark.parametrize("database", TAKEN)
    def test_a_value_that_another_inserts_is_there_when_read_again(
        self, database: str
    ) -> None:
        args, names = TAKEN[database]
        assert retry(Flaky(lambda: fault(IntegrityError, *args, **names), 2)) == 3

    @pytest.mark.parametrize("database", TAKEN)
    def test_one_that_stays_taken_is_told_without_it(self, database: str) -> None:
        """It is the host's: a person would read that the code is wrong."""
        args, names = TAKEN[database]
        write = Flaky(lambda: fault(IntegrityError, *args, **names), 99)
        with pytest.raises(IntegrityError, match="refused a row") as caught:
            retry(write)
        assert write.calls == 3
        assert "…" not in str(caught.value)

    def test_gives_up_after_twelve_tries(self) -> None:
        write = Flaky(Lost, 99)
        with pytest.raises(Contended):
            retry(write)
        assert write.calls == 12

    def test_gives_up_when_nobody_waits_any_more(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transactions, "PATIENCE", -1)
        write = Flaky(Lost, 99)
        with pytest.raises(Contended):
            retry(write)
        assert write.calls == 1

    @pytest.mark.django_db
    def test_a_fault_that_stays_is_told_as_it_is(self) -> None:
        """A host that forgot to migrate must not read of too many messages."""
        with (
            connection.cursor() as cursor,
            pytest.raises(DatabaseError, match="nowhere"),
        ):
            retry(lambda: cursor.execute("SELECT * FROM nowhere"))

    @pytest.mark.django_db(transaction=True)
    def test_a_row_that_is_refused_is_told_without_its_values(self) -> None:
        def insert() -> None:
            PhoneNumber.objects.create(number="13800138000")

        with pytest.raises(IntegrityError) as caught:
            retry(insert)
        assert str(caught.value) == "The database refused a row of sms_verification."
        assert caught.value.__suppress_context__

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

        with pytest.raises(IntegrityError) as caught:
            retry(insert)
        assert caplog.messages == ["Trying again after IntegrityError."] * 2
        assert "13800138000" not in str(caught.value)
        assert caught.value.__suppress_context__


class TestInside:
    @pytest.mark.django_db
    def test_tells_what_refuse_inside_refuses(self) -> None:
        assert transactions.inside() is False
        with transaction.atomic():
            assert transactions.inside() is True
