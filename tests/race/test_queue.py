"""A queue whose tasks come twice, late and at once, and workers that are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from sms_verification import verifications
from sms_verification.dispatch import by_worker
from sms_verification.messages import code_of
from sms_verification.models import Delivery, Outcome, PhoneNumber, Verification
from sms_verification.types import SmsMessage
from tests.factories import (
    DeliveryFactory,
    PhoneNumberFactory,
    UserFactory,
    VerificationFactory,
)
from tests.queues import Worker
from tests.race import services
from tests.race.crowd import Crowd
from tests.race.databases import Variant, configured
from tests.race.server import PATIENCE, ROOT, Site, environment_of, serve

SETTINGS = "tests.race.site.queued"


class ThreadsTests:
    def test_of_50_that_have_one_task_one_sends(
        self, database: Variant, crowd: Crowd, outbox: list[SmsMessage]
    ) -> None:
        for _ in range(database.repetitions):
            row = DeliveryFactory.create(outcome=Outcome.QUEUED)
            outbox.clear()
            crowd.run([partial(by_worker, row.pk)] * 50)
            row.refresh_from_db()
            assert row.outcome == Outcome.ACCEPTED
            assert len(outbox) == 1

    def test_of_a_late_one_and_a_resend_one_sends(
        self,
        database: Variant,
        crowd: Crowd,
        worker: Worker,
        outbox: list[SmsMessage],
    ) -> None:
        for _ in range(database.repetitions):
            ago = timezone.now() - timedelta(seconds=90)
            number = PhoneNumberFactory.create(sent_at=[ago.timestamp()], sends=1)
            verification = VerificationFactory.create(
                phone_number=number, created_at=ago
            )
            late = DeliveryFactory.create(
                verification=verification, outcome=Outcome.QUEUED, requested_at=ago
            )
            outbox.clear()
            resend = partial(verifications.resend, verification.pk)
            crowd.run([partial(by_worker, late.pk), resend] * 10)
            worker.work()
            assert len(outbox) == 1
            rows = Delivery.objects.filter(verification=verification)
            outcomes = list(rows.values_list("outcome", flat=True))
            assert outcomes.count("accepted") == 1
            assert set(outcomes) <= {"accepted", "withheld"}


@dataclass(frozen=True)
class Queue:
    """The table that ``django-tasks-db`` keeps its tasks in."""

    site: Site

    def manage(self, *command: str) -> subprocess.Popen[bytes]:
        name = str(connection.settings_dict["NAME"])
        with (self.site.directory / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "django", *command],
                cwd=ROOT,
                env={
                    **os.environ,
                    **environment_of(self.site.directory, name),
                    "DJANGO_SETTINGS_MODULE": SETTINGS,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a process that works the queue off, and ends."""
        options = ["--backend=sms", "--queue-name=codes", "--batch"]
        return self.manage("db_worker", *options, "--no-startup-delay")

    def work(self, workers: int = 1) -> None:
        processes = [self.worker() for _ in range(workers)]
        assert [p.wait(PATIENCE) for p in processes] == [0] * workers

    def payloads(self) -> list[str]:
        """Return every column of every task, as text."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM django_tasks_database_dbtaskresult")
            return [json.dumps(row, default=str) for row in cursor.fetchall()]

    def double(self) -> None:
        """Let each task come twice, as a queue may after a fault."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM django_tasks_database_dbtaskresult")
            names = [column[0] for column in cursor.description]
            tasks = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            marks = ", ".join(["%s"] * len(names))
            for task in tasks:
                key = uuid4() if connection.vendor == "postgresql" else uuid4().hex
                again = {**task, "id": key, "status": "READY"}
                values = [again[name] for name in names]
                cursor.execute(
                    f"INSERT INTO django_tasks_database_dbtaskresult ({', '.join(names)})"
                    f" VALUES ({marks})",
                    [
                        json.dumps(v) if isinstance(v, dict | list) else v
                        for v in values
                    ],
                )

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_tasks_database_dbtaskresult")


@pytest.fixture(scope="module")
def running_site(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """The site with a queue, in place of the one without."""
    if services.REQUIRED and not services.reachable("redis"):
        pytest.fail(services.absence("redis"), pytrace=False)
    directory = tmp_path_factory.mktemp("site")
    with django_db_blocker.unblock(), configured(directory, {}):
        name = str(connection.settings_dict["NAME"])
        with serve(directory, name, settings=SETTINGS) as site:
            assert (
                Queue(site).manage("migrate", "django_tasks_database").wait(PATIENCE)
                == 0
            )
            yield site


@pytest.fixture
def queue(site: Site) -> Iterator[Queue]:
    queue = Queue(site)
    queue.clear()
    yield queue
    queue.clear()


def start(site: Site, number: str, purpose: str = "register") -> Verification:
    body = {"phone_number": number, "purpose": purpose}
    answer = site.post("verifications/", body)
    assert (answer.status, answer.data["delivery"]) == (201, "pending")
    return Verification.objects.get(pk=answer.data["id"])


@pytest.mark.django_db(transaction=True)
class WorkerTests:
    NUMBERS = [f"+861381002000{n}" for n in range(6)]

    def test_sends_what_the_site_left_to_it(self, site: Site, queue: Queue) -> None:
        verification = start(site, self.NUMBERS[0])
        assert Delivery.objects.get().outcome == Outcome.QUEUED
        assert site.sms_to(self.NUMBERS[0]) == []
        queue.work()
        (sms,) = site.sms_to(self.NUMBERS[0])
        assert Delivery.objects.get().outcome == Outcome.ACCEPTED
        told = site.get(f"verifications/{verification.pk}/")
        assert told.data["delivery"] == "accepted"
        path = f"verifications/{verification.pk}/check/"
        assert site.post(path, {"code": sms["code"]}).status == 200

    def test_is_told_neither_code_nor_number(self, site: Site, queue: Queue) -> None:
        verification = start(site, self.NUMBERS[0])
        for _ in ("before", "after"):
            (payload,) = queue.payloads()
            assert "sms_verification.queue_task.deliver" in payload
            assert Delivery.objects.get().pk.hex in payload
            assert str(code_of(verification)) not in payload
            assert self.NUMBERS[0][3:] not in payload
            queue.work()

    def test_of_two_with_doubled_tasks_one_sends_each(
        self, site: Site, queue: Queue
    ) -> None:
        for number in self.NUMBERS:
            start(site, number)
        queue.double()
        queue.double()
        assert len(queue.payloads()) == 4 * len(self.NUMBERS)
        queue.work(workers=2)
        assert [len(site.sms_to(number)) for number in self.NUMBERS] == [1] * 6
        assert set(Delivery.objects.values_list("outcome", flat=True)) == {"accepted"}

    def test_knows_whose_number_it_is_and_the_site_does_not_tell(
        self, site: Site, queue: Queue
    ) -> None:
        PhoneNumberFactory.create(number=self.NUMBERS[0], user=UserFactory.create())
        for number in self.NUMBERS[:2]:
            verification = start(site, number, "reset_password")
            queue.work()
            told = site.get(f"verifications/{verification.pk}/")
            assert told.data["delivery"] == "pending"
        assert [len(site.sms_to(number)) for number in self.NUMBERS[:2]] == [1, 0]
        rows = Delivery.objects.order_by("requested_at")
        assert [row.outcome for row in rows] == ["accepted", "withheld"]

    def test_that_is_killed_while_its_provider_sends_leaves_the_truth(
        self, site: Site, queue: Queue
    ) -> None:
        # The site's route for it leads to a provider that never returns.
        number = "+8613900139001"
        start(site, number)
        worker = queue.worker()
        os.kill(site.stuck_process(), signal.SIGKILL)
        assert worker.wait(PATIENCE) == -signal.SIGKILL
        queue.double()
        for _ in range(2):
            queue.work()
            delivery = Delivery.objects.get()
            assert (delivery.outcome, delivery.duration) == (Outcome.UNKNOWN, None)
            assert len(site.sms_to(number)) == 1
        stored = PhoneNumber.objects.get()
        assert stored.sends == len(stored.sent_at) == 1
