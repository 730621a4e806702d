"""No code and no full number where none belongs: crashes, staff's pages, pickles.

``tests.leaks`` searches what every other test leaves behind. Here is what no other
test brings about, and the proof that the search finds what is there.
"""

from __future__ import annotations

import json
import logging
import pickle
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin
from uuid import uuid4

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Permission
from django.contrib.auth.signals import user_login_failed
from django.core.signals import got_request_exception
from django.db import DatabaseError, connection
from django.test import Client
from django.views.debug import ExceptionReporter
from django.views.decorators.debug import sensitive_variables

from sms_verification import exceptions, messages, phone_numbers, proofs, verifications
from sms_verification.exceptions import (
    DeliveryUnknown,
    InvalidProvider,
    MessageRejected,
)
from sms_verification.models import Delivery, Verification
from sms_verification.providers.base import Provider
from sms_verification.types import Client as Asking
from sms_verification.types import SentMessage, SmsMessage, TestNumber
from tests.factories import (
    DeliveryFactory,
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


# Where numbers and codes pass by, from the edge down to the database.
POINTS = [
    "the database",
    "api.serializers.CodeField.run_validation",
    "api.serializers.PhoneNumberField.run_validation",
    "phone_numbers.phonenumbers.parse",
    "api.views.clients.from_request",
    "guards.review",
    "limits.charge",
    "limits.refuse_check",
    "limits.lockout",
    "sending._new",
    "codes._key_id",
    "codes.hmac.digest",
    "codes.secrets.compare_digest",
    "messages.test_number_of",
    "delivery.messages.compose",
    "delivery.hand_over",
    "accounts.linked.LinkedAccounts.find",
    "sql._built",
    "storage.begin",
    "storage.prolong",
    "storage.record",
    "storage.approve",
    "storage.fail",
    "storage.use",
    "verifications._announce",
    "api.views.represent",
    "api.views.proofs.write",
    "api.scenarios.authenticate",
    "api.grants.login",
    "api.grants.update_session_auth_hash",
    "approvals.peek",
    "evidence.spend",
    "evidence.spend_check",
    "admission.confirm_password",
    "registrations.validate_password",
    "registrations._make",
    "password_resets._set",
    "number_changes._end_sessions",
    "accounts.base.credentials.revoke",
    "notices._begin",
]
# Put together here, or a report would quote them from the source.
PASSWORD = "open " + "sesame"
NEW_PASSWORD = "a brook " + "in the wood"

# A point may be met by each of the requests. So many of them are enough.
ENOUGH = 2


class Person:
    """Has a number, two verifications of it, and all that must not be seen."""

    def __init__(self) -> None:
        user = UserFactory(username="alice")
        user.set_password(PASSWORD)
        user.save()
        self.user = user
        self.proofs: list[str] = []
        self.named = {"username": "bob", "password": NEW_PASSWORD}
        self.new = {"password": NEW_PASSWORD}
        self.old = {"password": PASSWORD}
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
        given = {"phone_number": self.number, "purpose": "login", **fields}
        return VerificationFactory(code_length=10, **given)

    def proof_for(self, purpose: str) -> str:
        """Return one of a number that is nobody's, but for who recovers a password."""
        owner = UserFactory() if purpose == "reset_password" else None
        end = ["register", "reset_password", "change_phone"].index(purpose)
        number = PhoneNumberFactory(number="+86139" + f"8765432{end}", user=owner)
        self.watch.learn_number(number.number.removeprefix("+86"))
        approved = self.verification(
            purpose=purpose,
            phone_number=number,
            user=self.user if purpose == "change_phone" else None,
            approved_at=self.pending.created_at,
        )
        self.proofs.append(proofs.write(approved.pk))
        return self.proofs[-1]

    def seen_in(self, page: str) -> list[str]:
        text = unescape(page)
        seen = list(self.watch.secrets_in(text))
        salt = bytes(self.pending.salt)
        secrets = [repr(salt), salt.hex(), PASSWORD, NEW_PASSWORD]
        for proof in [self.proof, *self.proofs]:
            secrets += [proof, proof.partition(":")[2]]
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
        yield "phone-number/", {"proof": self.proof_for("change_phone"), **self.old}
        yield "register/", {"proof": self.proof_for("register"), **self.named}
        yield "password-reset/", {"proof": self.proof_for("reset_password"), **self.new}

    def refusals(self) -> Iterator[Exception]:
        pause = timedelta(seconds=9)
        yield exceptions.SendLimited(pause)
        yield exceptions.LockedOut(pause)
        yield exceptions.InvalidCode(3)
        for call in (
            lambda: verifications.start("0" + self.number.number, "login"),
            lambda: verifications.start(self.number.number, "nothing"),
            lambda: verifications.start(self.number.number, "change_phone"),
            lambda: verifications.status(uuid4()),
            lambda: verifications.resend(self.approved.pk),
            lambda: phone_numbers.parse(self.number.number + "9"),
        ):
            with pytest.raises(exceptions.VerificationError) as refusal:
                call()
            yield refusal.value

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
    """A module, or what is inside of one."""
    return pkgutil.resolve_name(path)


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


@pytest.mark.parametrize("point", POINTS)
class TestReportsOfCrashes:
    @pytest.mark.parametrize("debug", [True, False])
    def test_of_requests_tell_nothing(
        self,
        point: str,
        debug: bool,
        person: Person,
        mailed: list[str],
        settings: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """With ``DEBUG`` the page that it shows, without it what it mails to staff."""
        settings.DEBUG = debug
        client = Client(raise_request_exception=False)
        client.force_login(person.user)
        pages: list[str] = []
        for route, body in person.requests():
            with crashing_at(point, monkeypatch):
                answer = client.post(
                    f"/sms/{route}", json.dumps(body), content_type="application/json"
                )
            if answer.status_code == 500:
                pages.append(answer.text)
            if len(pages) == ENOUGH:
                break
        assert pages, "Nothing crashed."
        reports = pages if debug else mailed
        assert all("Traceback" in report for report in reports)
        assert [person.seen_in(report) for report in reports] == [[] for _ in reports]

    def test_of_calls_tell_nothing(
        self, point: str, person: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The caller's own frames are the caller's to keep."""
        reports: list[str] = []
        for call in person.calls():
            with crashing_at(point, monkeypatch):
                try:
                    call()
                except (Crash, DatabaseError):
                    reports += reports_from(sys.exc_info())
                except exceptions.VerificationError:
                    pass
            if len(reports) >= 2 * ENOUGH:
                break
        assert [person.seen_in(report) for report in reports] == [[] for _ in reports]


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
            "api.scenarios.LoginView.perform_content_negotiation", monkeypatch
        ):
            body = form if multipart else urlencode(form)
            answer = client.post("/sms/login/", body, **more)
        assert answer.status_code == 500
        # It is about the form indeed.
        assert "phone_number" in mailed[0]
        assert [person.seen_in(page) for page in [answer.text, *mailed]] == [[]] * 3


class Telltale(Provider):
    """Puts code and number into all that it says, as vendors' SDKs do."""

    def __init__(self, says: str) -> None:
        self.says = says

    @sensitive_variables()
    def send(self, message: SmsMessage) -> Any:
        text = f"https://vendor/?to={message.phone_number}&text={message.code}"
        if self.says == "crash":
            raise ConnectionError(text)
        if self.says == "cause":
            try:
                raise ConnectionError(text)
            except ConnectionError as error:
                raise DeliveryUnknown("timeout") from error
        if self.says == "log":
            logging.getLogger("urllib3").debug("GET %s", text)
        return text


class TestProviderThatTellsAll:
    @pytest.mark.parametrize(
        "says",
        [
            "crash",
            "cause",
            "nonsense",
            pytest.param("log", marks=pytest.mark.leaks_on_purpose),
        ],
    )
    def test_is_not_repeated(self, says: str, person: Person, settings: Any) -> None:
        """All that is left behind is searched by ``tests.leaks``."""
        settings.SMS_VERIFICATION_PROVIDERS = {
            "default": {
                "BACKEND": "tests.test_leaks.Telltale",
                "OPTIONS": {"says": says},
            }
        }
        assert verifications.resend(person.pending.pk)
        delivery = Delivery.objects.get()
        assert delivery.outcome == "unknown"
        assert person.seen_in(str(vars(delivery))) == []


class TestPickles:
    def test_of_refusals_tell_nothing_and_can_be_read(self, person: Person) -> None:
        """As a queue keeps what a task has raised, and a parallel test runner."""
        for error in person.refusals():
            pickled = pickle.dumps(error)
            assert person.seen_in(pickled.decode("latin-1")) == []
            assert str(pickle.loads(pickled)) == str(error)

    def test_of_what_a_provider_raises_can_be_read(self) -> None:
        for error in (
            MessageRejected("balance", "isv.OUT_OF_SERVICE"),
            DeliveryUnknown("timeout"),
            InvalidProvider("there is no such alias.", alias="backup"),
        ):
            read = pickle.loads(pickle.dumps(error))
            assert (str(read), vars(read)) == (str(error), vars(error))


class TestReprs:
    def test_tell_neither_code_nor_number(self, person: Person) -> None:
        told = [
            *person.refusals(),
            person.number,
            person.pending,
            DeliveryFactory(verification=person.pending),
            messages.compose(
                person.pending, DeliveryFactory.build(), person.pending.created_at
            ),
            SentMessage(message_id="1"),
            Asking(address="203.0.113.1", verification_id=person.pending.pk),
            TestNumber(person.code, person.pending.created_at.date()),
            verifications.attempt(person.pending.pk, person.code),
        ]
        for value in told:
            assert person.seen_in(f"{value} {value!r}") == []


class TestFailedLogin:
    def test_tells_its_receivers_no_code(self, person: Person) -> None:
        payloads: list[Any] = []
        heard = lambda credentials, **more: payloads.append(credentials)  # noqa: E731
        user_login_failed.connect(heard)
        pk, wrong = person.pending.pk, mistyped(person.code)
        assert authenticate(None, verification_id=pk, secret_code=wrong) is None
        assert authenticate(None, secret_proof=f"{person.proof}x") is None
        user_login_failed.disconnect(heard)
        assert len(payloads) == 2
        assert person.seen_in(repr(payloads)) == []


class TestAdmin:
    """Every page that staff can get to by a link, for who may not see full numbers."""

    def test_tells_neither_code_nor_number(
        self, person: Person, client: Client
    ) -> None:
        DeliveryFactory(verification=person.pending)
        staff = UserFactory(is_staff=True)
        rights = Permission.objects.filter(content_type__app_label="sms_verification")
        staff.user_permissions.set(rights.exclude(codename="view_full_number"))
        client.force_login(staff)
        pages = crawl(client, "/admin/sms_verification/")
        assert f"/admin/sms_verification/phonenumber/{person.number.pk}/change/" in (
            pages
        )
        for address, page in pages.items():
            assert person.seen_in(f"{address} {page}") == []


def crawl(client: Client, start: str) -> dict[str, str]:
    pages: dict[str, str] = {}
    ahead = [start]
    while ahead:
        address = ahead.pop()
        answer = client.get(address)
        assert answer.status_code in {200, 302}, address
        pages[address] = answer.text
        if "?" in address:
            continue  # lists in another order have the same links
        links = re.findall(r'href="([^"#]+)"', answer.text)
        found = {urljoin(address, unescape(link)) for link in links}
        ahead += [a for a in found - pages.keys() - {*ahead} if a.startswith(start)]
    return pages


class TestTheSearch:
    """It finds what is there, or it would find nothing either when it matters."""

    def test_fails_each_test_that_leaks(self, pytester: pytest.Pytester) -> None:
        pytester.makeini(
            f"[pytest]\nDJANGO_SETTINGS_MODULE = tests.settings\n"
            f"pythonpath = {Path(__file__).parents[1]}\n"
        )
        pytester.makeconftest('pytest_plugins = ["tests.leaks"]')
        pytester.makepyfile(LEAKS)
        outcome = pytester.runpytest_subprocess("-p", "no:randomly")
        outcome.assert_outcomes(passed=10, errors=9)
        for where in (
            "log of host",
            "log of django.db.backends",
            "log of django.request",
            "column Verification.user_agent",
            "column Delivery.message_id",
            "session",
            "cache",
            "signal check_failed",
            "answer to GET",
        ):
            outcome.stdout.fnmatch_lines([f"*{where}*"])

    @pytest.mark.parametrize(
        "text",
        [
            "123456",
            "code:123456.",
            "您的验证码是123456，",
            "%22123456%22",
            "?code=123456&",
            "+8613812345678",
            "138 1234 5678",
            "(138)1234-5678",
            "%2B8613812345678",
        ],
    )
    def test_finds_what_is_written_otherwise(self, text: str) -> None:
        assert list(knowing().secrets_in(text))

    @pytest.mark.parametrize(
        "text",
        [
            "019b8e07-4600-7e76-81e4-123456ab1234",
            "12:00:00.123456+00:00",
            "1767614400.123456",
            "datetime.datetime(2026, 1, 5, 12, 0, 0, 123456, tzinfo=UTC)",
            "1234567",
            "x123456",
            "+86138****5678",
        ],
    )
    def test_finds_nothing_by_chance(self, text: str) -> None:
        assert list(knowing().secrets_in(text)) == []


def knowing() -> Watch:
    watch = Watch()
    watch.learn_code("123456")
    watch.learn_number("13812345678")
    return watch


LEAKS = """
import logging

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache

from sms_verification import messages, signals
from sms_verification.models import Verification
from tests.factories import DeliveryFactory, VerificationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def row():
    return VerificationFactory()


@pytest.fixture
def code(row):
    return messages.code_of(row)


def test_nothing(row, code):
    assert code


def test_log(code):
    logging.getLogger("host").debug("Sent %s.", code)


def test_statement(code):
    logging.getLogger("django.db.backends").debug("SELECT %s", code)


def test_error(row):
    number = row.phone_number.number
    try:
        raise ValueError(number)
    except ValueError:
        logging.getLogger("django.request").exception("Broken.")


def test_column(row):
    Verification.objects.update(user_agent=row.phone_number.number)


def test_code_in_a_column(row, code):
    DeliveryFactory(verification=row, message_id=code)


def test_session(code):
    session = SessionStore()
    session["typed"] = code
    session.save()


def test_cache(code):
    cache.set("code", code)


def test_signal(row):
    signals.check_failed.send(
        None,
        verification_id=row.pk,
        purpose="login",
        phone_number=row.phone_number.number,
        checks_left=4,
    )


def test_answer(row, client):
    client.get("/" + row.phone_number.number)
"""
