"""A process that is killed leaves the truth behind, and gives nothing back."""

from __future__ import annotations

import http.client
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from sms_verification.messages import code_of
from sms_verification.models import Delivery, Outcome, PhoneNumber
from tests.factories import VerificationFactory
from tests.race.server import Answer, Site

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as client:
        yield client


def kill(site: Site, asked: Future[Answer]) -> None:
    os.kill(site.stuck_process(), signal.SIGKILL)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        asked.result()


class WorkerKilledWhileItsProviderSendsTests:
    # The site's route for it leads to a provider that never returns.
    BODY = {"phone_number": "+8613900139000", "purpose": "register"}

    def test_delivery_is_unknown_and_the_limits_are_spent(
        self, site: Site, client: ThreadPoolExecutor
    ) -> None:
        kill(site, client.submit(site.post, "verifications/", self.BODY))
        delivery = Delivery.objects.get()
        assert delivery.outcome == Outcome.UNKNOWN
        assert delivery.duration is None
        number = PhoneNumber.objects.get()
        assert number.sends == len(number.sent_at) == 1
        again = site.post("verifications/", self.BODY)
        assert (again.status, again.code) == (429, "send_limited")
        assert len(site.sms_to("+8613900139000")) == 1

    def test_code_that_left_is_good(
        self, site: Site, client: ThreadPoolExecutor
    ) -> None:
        kill(site, client.submit(site.post, "verifications/", self.BODY))
        verification = Delivery.objects.get().verification
        told = site.get(f"verifications/{verification.pk}/")
        assert told.data["delivery"] == "pending"
        code = site.sms_to("+8613900139000")[-1]["code"]
        path = f"verifications/{verification.pk}/check/"
        assert site.post(path, {"code": code}).status == 200


class WorkerKilledAfterAWrongCodeTests:
    def test_check_is_counted_though_nobody_was_answered(
        self, site: Site, client: ThreadPoolExecutor
    ) -> None:
        # Where the site's receiver of check_failed for this purpose never returns.
        verification = VerificationFactory.create(purpose="stuck_check")
        wrong = "000000" if code_of(verification) != "000000" else "000001"
        path = f"verifications/{verification.pk}/check/"
        kill(site, client.submit(site.post, path, {"code": wrong}))
        verification.refresh_from_db()
        assert verification.checks_left == 4
        assert verification.phone_number.failed_checks == 1
