"""The API against requests that nobody would write, by its own OpenAPI schema."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from sms_verification.models import Verification
from tests import openapi, phones, vendors
from tests.factories import PhoneNumberFactory, UserFactory

schema = openapi.load()

PLENTY = {"start": ["1000000/h"], "check": ["1000000/h"]}
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@schema.parametrize()
@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@override_settings(SMS_VERIFICATION_CLIENT_LIMITS=PLENTY)
@pytest.mark.django_db
def test_every_answer_to_a_made_up_request_is_documented(case):
    # Basic authentication is DRF's own: on PostgreSQL it falls over a name with a NUL.
    case.headers.pop("Authorization", None)
    case.call_and_validate(
        headers={"X-CSRFToken": openapi.CSRF_TOKEN},
        cookies={"csrftoken": openapi.CSRF_TOKEN},
        excluded_checks=openapi.EXCLUDED,
    )


UNKNOWN = "019b8e07-4600-7e76-81e4-8d17494e5aff"
NUMBERS = st.sampled_from(
    [phones.ALICE, phones.BOB, "138 0013 8000", "+86-139-0013-9000", "+12125550123"]
)
PURPOSES = st.sampled_from(["login", "register", "reset_password", "change_phone"])
WHICH = st.integers(0, 3)
CODES = st.sampled_from(["right", "000000", "１２３４５６", "12345", "", None, 123456])
SECONDS = st.sampled_from([1, 59, 60, 120, 301, 3600])
VENDORS = st.sampled_from(
    [
        vendors.accepting(),
        vendors.silent(),
        vendors.refusing("unavailable"),
        vendors.refusing("invalid_number"),
    ]
)
STEPS = st.one_of(
    st.tuples(st.just("start"), NUMBERS, PURPOSES),
    st.tuples(st.just("status"), WHICH),
    st.tuples(st.just("resend"), WHICH),
    st.tuples(st.just("check"), WHICH, CODES),
    st.tuples(st.just("login"), WHICH, CODES),
    st.tuples(st.just("spend"), WHICH),
    st.tuples(st.just("wait"), SECONDS),
    st.tuples(st.just("change_vendor"), VENDORS),
)


@override_settings(SMS_VERIFICATION_CLIENT_LIMITS=PLENTY)
class AnswersInAnyOrderTests(TestCase):
    """Likely requests in unlikely orders, where made-up ones do not get to."""

    @given(steps=st.lists(STEPS, min_size=1, max_size=15))
    @settings(max_examples=100, derandomize=True, deadline=None, database=None)
    def test_every_answer_is_documented(self, steps):
        PhoneNumberFactory(number=phones.ALICE, user=UserFactory())
        cache.clear()
        with time_machine.travel(NOON, tick=False) as clock:
            session = Session(clock)
            for verb, *arguments in steps:
                with override_settings(
                    SMS_VERIFICATION_PROVIDERS={"default": session.vendor}
                ):
                    getattr(session, verb)(*arguments)


class Session:
    """One client's: what it began, and what it may spend."""

    def __init__(self, clock):
        self.clock = clock
        self.client = openapi.DocumentedClient(schema)
        self.vendor = vendors.accepting()
        self.proofs = ["forged"]

    def start(self, number, purpose):
        self.client.start(number, purpose)

    def status(self, which):
        self.client.status(self.pk(which))

    def resend(self, which):
        self.client.resend(self.pk(which))

    def check(self, which, code):
        pk = self.pk(which)
        answer = self.client.check(pk, self.code(pk, code))
        if answer.status_code == 200:
            self.proofs.append(answer.json()["proof"])

    def login(self, which, code):
        pk = self.pk(which)
        self.client.login(verification=pk, code=self.code(pk, code))

    def spend(self, which):
        self.client.login(proof=self.proofs[which % len(self.proofs)])

    def wait(self, seconds):
        self.clock.shift(timedelta(seconds=seconds))

    def change_vendor(self, entry):
        self.vendor = entry

    def pk(self, which):
        known = [str(pk) for pk in Verification.objects.values_list("pk", flat=True)]
        return [*known, UNKNOWN][which % (len(known) + 1)]

    def code(self, pk, code):
        if code == "right":
            return phones.right_code(pk) if pk != UNKNOWN else "123456"
        return code
