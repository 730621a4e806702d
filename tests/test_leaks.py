"""No code and no full number where none belongs: crashes, staff's pages, pickles.

``tests.leaks`` searches what every other test leaves behind. Here is what no other
test brings about, and the proof that the search finds what is there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth import authenticate
from django.core.signals import got_request_exception
from django.db import DatabaseError, connection
from django.test import Client
from django.utils.module_loading import import_string
from django.views.debug import ExceptionReporter
from django.views.decorators.debug import sensitive_variables

from sms_verification import exceptions, messages, proofs, verifications
from sms_verification.models import Verification
from sms_verification.types import Client as Asking
from tests.factories import (
    PhoneNumberFactory,
    UserFactory,
    VerificationFactory,
)
from tests.leaks import Watch
from tests.phones import mistyped

FORM = "application/x-www-form-urlencoded"

pytestmark = pytest.mark.django_db


class Crash(Exception):
    pass


# Its own arguments would be on the page, by the fault of the test.
@sensitive_variables()
def crash(*args: Any, **kwargs: Any) -> Any:
    raise Crash


@sensitive_variables()
def crash_in_the_database(execute: Any, sql: str, params: Any, *more: Any) -> Any:
    """As a server that goes away, below of what Django's cursors show."""
    if "sms_verification" in sql:
        raise DatabaseError("It went away.")
    return execute(sql, params, *more)


# Each function that a number or a code passes by.
POINTS = [
    "accounts.LinkedAccounts.exists",
    "accounts.LinkedAccounts.find",
    "api.serializers.CodeField.run_validation",
    "api.serializers.PhoneNumberField.run_validation",
    "api.views.authenticate",
    "api.views.clients.from_request",
    "api.views.clients.hold",
    "api.views.login",
    "api.views.proofs.write",
    "api.views.represent",
    "codes._key_id",
    "codes.derive",
    "codes.hmac.digest",
    "codes.matches",
    "codes.secrets.compare_digest",
    "delivery.hand_over",
    "delivery.messages.compose",
    "delivery.route",
    "guards.review",
    "limits.charge",
    "limits.lockout",
    "limits.refuse_check",
    "limits.with_send",
    "logins.by_code",
    "logins.by_proof",
    "messages.code_of",
    "messages.test_number_of",
    "phone_numbers.phonenumbers.parse",
    "phone_numbers.takes_sms",
    "proofs.read",
    "sending._new",
    "sql._built",
    "storage.approve",
    "storage.begin",
    "storage.fail",
    "storage.find",
    "storage.find_number",
    "storage.prolong",
    "storage.record",
    "storage.use",
    "verifications._announce",
    "verifications._compare",
]


class Person:
    """Has a number, two verifications of it, and all that must not be seen."""

    def __init__(self) -> None:
        user = UserFactory(username="alice")
        # Put together here, or a report would quote it from the source.
        self.number = PhoneNumberFactory(number="+86139" + "12345678", user=user)
        self.pending = self.verification()
        self.approved = self.verification(approved_at=self.pending.created_at)
        self.code = messages.code_of(self.pending) or ""
        self.proof = proofs.write(self.approved.pk)
        self.watch = Watch()
        for code in (self.code, mistyped(self.code)):
            self.watch.learn_code(code)
        self.watch.learn_number("139" + "12345678")

    def verification(self, **fields: Any) -> Verification:
        return VerificationFactory(
            phone_number=self.number, purpose="login", code_length=10, **fields
        )

    def seen_in(self, page: str) -> list[str]:
        text = unescape(page)
        seen = list(self.watch.secrets_in(text))
        salt = bytes(self.pending.salt)
        secrets = [self.proof, repr(salt), salt.hex(), self.proof.partition(":")[2]]
        return seen + [secret for secret in secrets if secret in text]

    def requests(self) -> Iterator[tuple[str, dict[str, Any]]]:
        pk, national = self.pending.pk, self.number.number.removeprefix("+86")
        typed = f"{national[:3]} {national[3:7]} {national[7:]}"
        yield f"verifications/{pk}/resend/", {}
        yield "verifications/", {"phone_number": typed, "purpose": "login"}
        yield f"verifications/{pk}/check/", {"code": mistyped(self.code)}
        yield "login/", {"proof": self.proof}
        yield f"verifications/{pk}/check/", {"code": self.code}
        yield "login/", {"verification": str(pk), "code": self.code}

    def calls(self) -> Iterator[Callable[[], Any]]:
        pk, number, code = self.pending.pk, self.number.number, self.code
        wrong = mistyped(code)
        yield lambda: verifications.resend(pk)
        yield lambda: verifications.start(number, "login", Asking())
        yield lambda: verifications.status(pk)
        yield lambda: verifications.check(pk, wrong)
        yield lambda: verifications.peek(self.proof, "login")
        yield lambda: verifications.use(self.proof, "login")
        yield lambda: authenticate(
            None, phone_number=number, verification_id=pk, secret_code=wrong
        )
        yield lambda: authenticate(None, secret_proof=self.proof)
        yield lambda: verifications.check(pk, code, use=True)


@pytest.fixture
def person(settings: Any) -> Person:
    settings.SMS_VERIFICATION_PHONE_NUMBER_LIMITS = []
    settings.SMS_VERIFICATION_RESEND_COOLDOWNS = [timedelta(microseconds=1)]
    return Person()


@contextmanager
def crashing_at(point: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    owner, _, name = f"sms_verification.{point}".rpartition(".")
    with monkeypatch.context() as patch:
        if point == "the database":
            with connection.execute_wrapper(crash_in_the_database):
                yield
        else:
            patch.setattr(found(owner), name, crash)
            yield


def found(path: str) -> Any:
    try:
        return import_string(path)
    except ImportError:
        return __import__(path, fromlist=["_"])


@pytest.fixture
def mailed() -> Iterator[list[str]]:
    """What Django would mail to the host's administrators of each crash."""
    reports: list[str] = []

    def report(request: Any, **kwargs: Any) -> None:
        reporter = ExceptionReporter(request, *sys.exc_info(), is_email=True)
        reports.extend([reporter.get_traceback_html(), reporter.get_traceback_text()])

    got_request_exception.connect(report)
    yield reports
    got_request_exception.disconnect(report)


@pytest.mark.parametrize("point", ["the database", *POINTS])
class TestReportsOfCrashes:
    @pytest.mark.parametrize(
        ("debug", "accept"),
        [(True, "*/*"), (True, "application/json"), (False, "*/*")],
    )
    def test_of_requests_tell_nothing(
        self,
        point: str,
        debug: bool,
        accept: str,
        person: Person,
        mailed: list[str],
        settings: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        settings.DEBUG = debug
        client = Client(raise_request_exception=False)
        pages = []
        for route, body in person.requests():
            with crashing_at(point, monkeypatch):
                answer = client.post(
                    f"/sms/{route}",
                    json.dumps(body),
                    content_type="application/json",
                    headers={"Accept": accept},
                )
            pages.append(answer.text if answer.status_code == 500 else "")
        assert any(pages), "Nothing crashed."
        assert ("Traceback" in "".join(pages)) is debug
        assert [person.seen_in(page) for page in [*pages, *mailed]] == [
            [] for _page in [*pages, *mailed]
        ]

    def test_of_calls_tell_nothing(
        self, point: str, person: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The caller's own frames are the caller's to keep."""
        reports = []
        for call in person.calls():
            with crashing_at(point, monkeypatch):
                try:
                    call()
                except (Crash, DatabaseError):
                    reports += reports_from(sys.exc_info())
                except exceptions.VerificationError:
                    pass
        assert [person.seen_in(report) for report in reports] == [[] for _r in reports]


def reports_from(error: Any) -> list[str]:
    kind, value, traceback = error
    while "sms_verification" not in traceback.tb_frame.f_code.co_filename:
        traceback = traceback.tb_next
    value.with_traceback(traceback)
    reporter = ExceptionReporter(None, kind, value, traceback)
    return [reporter.get_traceback_html(), reporter.get_traceback_text()]


class TestReportsOfForms:
    """The API takes JSON alone. Who posts a form to it must not be shown to others."""

    @pytest.mark.parametrize("debug", [True, False])
    @pytest.mark.parametrize("multipart", [True, False])
    def test_tell_no_field(
        self,
        debug: bool,
        multipart: bool,
        person: Person,
        mailed: list[str],
        settings: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        settings.DEBUG = debug
        client = Client(raise_request_exception=False)
        form = {"code": person.code, "phone_number": person.number.number}
        more = {} if multipart else {"content_type": FORM}
        with crashing_at(
            "api.views.LoginView.perform_content_negotiation", monkeypatch
        ):
            body = form if multipart else urlencode(form)
            answer = client.post("/sms/login/", body, **more)
        assert answer.status_code == 500
        # It is about the form indeed.
        assert "phone_number" in mailed[0]
        assert [person.seen_in(page) for page in [answer.text, *mailed]] == [[]] * 3


class TestProviderThatTellsAll:
    """A vendor's SDK puts the code and the number into its errors and addresses."""

    @pytest.mark.parametrize("name", ["message_id", "code", "crash", "unknown"])
    def test_is_not_repeated_by_us(
        self, name: str, person: Person, settings: Any
    ) -> None: ...
