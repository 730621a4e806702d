"""Of many guesses at once, the right one may not come before its turn.

Every guess is compared before it is counted. If a wrong one had to wait for
something that the right one does not wait for, the right one would be approved among
far more guesses than ``MAX_CHECKS``, with every one of the counts in order.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction

from sms_verification import verifications
from sms_verification.messages import code_of
from sms_verification.models import PhoneNumber, Verification
from tests.factories import PhoneNumberFactory, VerificationFactory
from tests.race.crowd import Crowd
from tests.race.databases import VARIANTS, Variant
from tests.race.test_threads import guesses, of, wrong_codes

WAITING = {
    "postgresql": "SELECT count(*) FROM pg_locks WHERE NOT granted",
    "mysql": "SELECT count(*) FROM information_schema.innodb_trx"
    " JOIN information_schema.processlist ON id = trx_mysql_thread_id"
    " WHERE trx_state = 'LOCK WAIT' AND db = database()",
}
NORMAL = [variant for variant in VARIANTS if not variant.refuses]


class GuessesTests:
    @pytest.mark.parametrize("failed_checks", [0, 1])
    @pytest.mark.parametrize("database", NORMAL, ids=lambda v: v.name, indirect=True)
    def test_one_right_among_40_is_rarely_among_the_five_that_count(
        self, database: Variant, crowd: Crowd, failed_checks: int
    ) -> None:
        """Fair is 5 in 40. At that, 12 of 20 come once in a million runs."""
        approved = 0
        for turn in range(20):
            number = PhoneNumberFactory.create(failed_checks=failed_checks)
            verification = VerificationFactory.create(phone_number=number)
            calls = guesses(verification, 39)
            right = partial(verifications.check, verification.pk, code_of(verification))
            calls.insert(turn * 2, right)
            approved += len(of(Verification, crowd.run(calls)))
        assert approved < 12


@pytest.mark.skipif(
    connection.vendor not in WAITING, reason="SQLite has one lock, and no queue"
)
class LockedNumberTests:
    @pytest.mark.parametrize("failed_checks", [0, 1])
    @pytest.mark.parametrize("database", NORMAL, ids=lambda v: v.name, indirect=True)
    def test_a_right_code_waits_behind_a_wrong_one(
        self, database: Variant, failed_checks: int
    ) -> None:
        number = PhoneNumberFactory.create(failed_checks=failed_checks)
        verification = VerificationFactory.create(phone_number=number)
        wrong, right = wrong_codes(verification, 1)[0], code_of(verification)
        with ThreadPoolExecutor(2) as pool:
            with transaction.atomic():
                PhoneNumber.objects.filter(pk=number.pk).update(block_reason="held")
                first = pool.submit(checked, verification, wrong)
                await_waiting(1, first)
                second = pool.submit(checked, verification, str(right))
                await_waiting(2, second)
                assert not second.done()
            assert first.result() is None
            assert second.result() == verification
        verification.refresh_from_db()
        assert verification.checks_left == 4


def checked(verification: Verification, code: str) -> Verification | None:
    try:
        return verifications.check(verification.pk, code)
    finally:
        connections.close_all()


def await_waiting(count: int, future: Future[Any]) -> None:
    """Return when so many wait for a lock, or the call did not have to."""
    give_up = time.monotonic() + 10
    while not future.done() and time.monotonic() < give_up:
        with connection.cursor() as cursor:
            cursor.execute(WAITING[connection.vendor])
            if cursor.fetchone()[0] >= count:
                return
        # MariaDB makes this list anew when nobody has asked for 0.1 seconds.
        time.sleep(0.2)
