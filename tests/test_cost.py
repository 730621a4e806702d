"""What each verb costs the database, as a promise: statements and write commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from sms_verification import messages, storage, verifications
from sms_verification.exceptions import SendLimited
from sms_verification.models import PhoneNumber, Verification
from tests.factories import PhoneNumberFactory, VerificationFactory
from tests.queues import Worker

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "+8613800138000"


@dataclass
class Cost:
    statements: list[tuple[str, Any]] = field(default_factory=list)
    commits: int = 0

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        parameters: Any,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        # SQLite begins its transactions by a statement, the others by none.
        if sql != "BEGIN":
            self.statements.append((sql, parameters))
            wrote = not sql.startswith("SELECT")
            self.commits += wrote and not context["connection"].in_atomic_block
        return execute(sql, parameters, many, context)


@contextmanager
def cost(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cost]:
    connection.ensure_connection()
    counted = Cost()
    commit = connection._commit

    def counting_commit() -> Any:
        counted.commits += 1
        return commit()

    with monkeypatch.context() as patch, connection.execute_wrapper(counted):
        patch.setattr(connection, "_commit", counting_commit)
        yield counted


def begun() -> tuple[Verification, str]:
    verification = verifications.start(NUMBER, "register")
    return verification, str(messages.code_of(verification))


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def assert_cost(counted: Cost, statements: int, commits: int) -> None:
    assert (len(counted.statements), counted.commits) == (statements, commits)


class CostTests:
    def test_start_of_an_unseen_number(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with cost(monkeypatch) as counted:
            verifications.start(NUMBER, "register")
        assert_cost(counted, 5, 2)

    def test_start_of_a_seen_number(self, monkeypatch: pytest.MonkeyPatch) -> None:
        PhoneNumberFactory(number=NUMBER)
        with cost(monkeypatch) as counted:
            verifications.start(NUMBER, "register")
        assert_cost(counted, 5, 2)

    def test_start_for_a_number_without_account(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with cost(monkeypatch) as counted:
            verifications.start(NUMBER, "login")
        assert_cost(counted, 5, 2)

    @pytest.mark.parametrize("purpose", ["register", "login"])
    def test_start_with_a_queue(
        self, worker: Worker, monkeypatch: pytest.MonkeyPatch, purpose: str
    ) -> None:
        with cost(monkeypatch) as counted:
            verifications.start(NUMBER, purpose)
        assert_cost(counted, 4, 1)
        with cost(monkeypatch) as counted:
            worker.work()
        assert_cost(counted, 4, 2)

    def test_refused_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        verifications.start(NUMBER, "register")
        with cost(monkeypatch) as counted, pytest.raises(SendLimited):
            verifications.start(NUMBER, "register")
        assert_cost(counted, 1, 0)

    def test_resend(self, monkeypatch: pytest.MonkeyPatch) -> None:
        verification, _code = begun()
        before = timezone.now() - timedelta(minutes=2)
        PhoneNumber.objects.update(sent_at=[before.timestamp()])
        with cost(monkeypatch) as counted:
            verifications.resend(verification.pk)
        assert_cost(counted, 5, 2)

    def test_right_check(self, monkeypatch: pytest.MonkeyPatch) -> None:
        verification, code = begun()
        with cost(monkeypatch) as counted:
            assert verifications.check(verification.pk, code)
        assert_cost(counted, 2, 1)

    def test_right_check_that_is_used_at_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        verification, code = begun()
        with cost(monkeypatch) as counted:
            assert verifications.check(verification.pk, code, use=True)
        assert_cost(counted, 2, 1)

    def test_right_check_after_a_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        verification, code = begun()
        verifications.check(verification.pk, wrong(code))
        with cost(monkeypatch) as counted:
            assert verifications.check(verification.pk, code)
        assert_cost(counted, 3, 1)

    def test_wrong_check(self, monkeypatch: pytest.MonkeyPatch) -> None:
        verification, code = begun()
        with cost(monkeypatch) as counted:
            assert verifications.check(verification.pk, wrong(code)) is None
        assert_cost(counted, 3, 1)

    def test_use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        verification, code = begun()
        approved = verifications.check(verification.pk, code)
        assert approved is not None
        with cost(monkeypatch) as counted:
            assert verifications.use(approved, "register")
        assert_cost(counted, 1, 1)


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="reads PostgreSQL's plans"
)
class PlanTests:
    def test_no_statement_scans_a_table(self, monkeypatch: pytest.MonkeyPatch) -> None:
        PhoneNumber.objects.bulk_create(
            PhoneNumberFactory.build(number=f"+86139{n:08d}") for n in range(5000)
        )
        number = PhoneNumber.objects.latest("pk")
        Verification.objects.bulk_create(
            VerificationFactory.build(phone_number=number) for _n in range(5000)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        with cost(monkeypatch) as counted:
            verification, code = begun()
            verifications.check(verification.pk, wrong(code))
            approved = verifications.check(verification.pk, code)
            assert approved is not None
            verifications.use(approved, "register")
            storage.latest_pending(NUMBER, "register", timezone.now())
        assert not [sql for sql, plan in plans(counted) if "Seq Scan" in plan]


def plans(counted: Cost) -> Iterator[tuple[str, str]]:
    for sql, parameters in counted.statements:
        if sql.startswith("INSERT"):
            continue
        with connection.cursor() as cursor:
            # A scan is the cheapest plan for a small table. Where it is the only
            # one, forbidding it changes nothing.
            cursor.execute("SET enable_seqscan = off")
            cursor.execute(f"EXPLAIN {sql}", parameters)
            yield sql, "\n".join(row[0] for row in cursor.fetchall())
            cursor.execute("RESET enable_seqscan")
