"""Races between processes: 50 clients at once, over HTTP, against three workers.

The clients are threads of the test, each with requests one after the other; what
races are gunicorn's workers, which share nothing but the database, the cache and the
file that every SMS is appended to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from sms_verification.messages import code_of
from sms_verification.models import Delivery, Outcome, PhoneNumber, Verification
from tests.factories import PhoneNumberFactory, VerificationFactory
from tests.race.crowd import Call, Crowd
from tests.race.server import Answer, Site

pytestmark = pytest.mark.django_db(transaction=True)

REPETITIONS = range(3)


@pytest.fixture(scope="module")
def clients() -> Iterator[Crowd]:
    crowd = Crowd(50)
    yield crowd
    crowd.close()


def start(site: Site, number: str, purpose: str = "register") -> Call:
    body = {"phone_number": number, "purpose": purpose}
    return partial(site.post, "verifications/", body)


def resend(site: Site, verification: Verification) -> Call:
    return partial(site.post, f"verifications/{verification.pk}/resend/")


def check(site: Site, verification: Verification, code: str) -> Call:
    path = f"verifications/{verification.pk}/check/"
    return partial(site.post, path, {"code": code})


def login(site: Site, verification: Verification, code: str) -> Call:
    body = {"verification": str(verification.pk), "code": code}
    return partial(site.post, "login/", body)


def guesses(site: Site, verification: Verification, count: int) -> list[Call]:
    right = code_of(verification)
    codes = [str(n).zfill(6) for n in range(count + 1)]
    wrong = [code for code in codes if code != right][:count]
    return [check(site, verification, code) for code in wrong]


def sent_90_seconds_ago(purpose: str = "register") -> Verification:
    ago = timezone.now() - timedelta(seconds=90)
    number = PhoneNumberFactory.create(sent_at=[ago.timestamp()], sends=1)
    return VerificationFactory.create(
        phone_number=number, purpose=purpose, created_at=ago
    )


def tally(answers: Sequence[Answer]) -> Counter[tuple[int, str | None]]:
    return Counter((answer.status, answer.code) for answer in answers)


class WorkersTests:
    def test_all_three_take_part(self, site: Site, clients: Crowd) -> None:
        verification = VerificationFactory.create()
        clients.run([partial(site.get, f"verifications/{verification.pk}/")] * 200)
        assert len(site.workers) == 3


class RightCodesTests:
    def test_of_50_one_is_approved(self, site: Site, clients: Crowd) -> None:
        for _ in REPETITIONS:
            verification = VerificationFactory.create()
            right = check(site, verification, code_of(verification))
            answers = clients.run([right] * 50)
            assert tally(answers) == {(200, None): 1, (400, "invalid_code"): 49}

    def test_of_50_logins_one_gets_in(self, site: Site, clients: Crowd) -> None:
        for repetition in REPETITIONS:
            verification = VerificationFactory.create(purpose="login")
            right = login(site, verification, code_of(verification))
            answers = clients.run([right] * 50)
            assert tally(answers) == {(200, None): 1, (400, "invalid_code"): 49}
            assert get_user_model().objects.count() == repetition + 1


class GuessesTests:
    def test_of_200_five_count_and_the_right_code_is_refused_after(
        self, site: Site, clients: Crowd
    ) -> None:
        for _ in REPETITIONS:
            verification = VerificationFactory.create()
            answers = clients.run(guesses(site, verification, 200))
            told = Counter(answer.data.get("checks_left") for answer in answers)
            assert {left: told[left] for left in (1, 2, 3, 4)} == dict.fromkeys(
                (1, 2, 3, 4), 1
            )
            verification.refresh_from_db()
            assert verification.checks_left == 0
            assert verification.phone_number.failed_checks == 5
            refused = check(site, verification, code_of(verification))()
            assert (refused.status, refused.code) == (400, "invalid_code")
            assert refused.data["checks_left"] == 0


class SendsTests:
    def assert_one_sms(
        self, site: Site, number: PhoneNumber, answers: Sequence[Answer], sends: int
    ) -> None:
        assert len(site.sms_to(number.number)) == 1
        statuses = Counter(answer.status for answer in answers)
        assert statuses[200] + statuses[201] == 1
        assert statuses[429] == 99
        assert number.sends == len(number.sent_at) == sends
        delivery = Delivery.objects.get(verification__phone_number=number)
        assert delivery.outcome == Outcome.ACCEPTED

    def test_of_100_starts_for_an_unseen_number(
        self, site: Site, clients: Crowd
    ) -> None:
        for repetition in REPETITIONS:
            text = f"+861381001000{repetition}"
            answers = clients.run([start(site, text)] * 100)
            number = PhoneNumber.objects.get(number=text)
            self.assert_one_sms(site, number, answers, sends=1)

    def test_of_100_starts_for_a_seen_number(self, site: Site, clients: Crowd) -> None:
        for _ in REPETITIONS:
            number = sent_90_seconds_ago().phone_number
            answers = clients.run([start(site, number.number)] * 100)
            number.refresh_from_db()
            self.assert_one_sms(site, number, answers, sends=2)

    def test_of_50_starts_and_50_resends(self, site: Site, clients: Crowd) -> None:
        for _ in REPETITIONS:
            verification = sent_90_seconds_ago()
            number = verification.phone_number
            calls = [start(site, number.number), resend(site, verification)]
            answers = clients.run(calls * 50)
            number.refresh_from_db()
            self.assert_one_sms(site, number, answers, sends=2)


class MixtureTests:
    def test_meets_refusals_only_and_loses_nothing(
        self, site: Site, clients: Crowd
    ) -> None:
        for _ in REPETITIONS:
            one = sent_90_seconds_ago("login")
            number = one.phone_number
            two, three = VerificationFactory.create_batch(2, phone_number=number)
            calls = [
                start(site, number.number),
                resend(site, two),
                check(site, three, code_of(three)),
                *guesses(site, two, 1),
                login(site, one, code_of(one)),
                start(site, number.number, "login"),
                *guesses(site, one, 1),
                partial(site.get, f"verifications/{two.pk}/"),
            ]
            told = tally(clients.run(calls * 13))
            assert told.keys() <= {
                (200, None),
                (201, None),
                (400, "invalid_code"),
                (409, "not_pending"),
                (429, "locked_out"),
                (429, "send_limited"),
            }
            assert len(site.sms_to(number.number)) == 1
            number.refresh_from_db()
            assert number.sends == len(number.sent_at) == 2
            three.refresh_from_db()
            assert three.approved_at is not None
        # A deadlock would be run again, and this is where it would be told.
        assert "OperationalError" not in site.log
