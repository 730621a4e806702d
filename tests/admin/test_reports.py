"""Of a crash, neither the host's mail nor Django's technical page tells a number."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.signals import got_request_exception
from django.test import Client
from django.views.debug import ExceptionReporter

from sms_verification.models import PhoneNumber
from tests.admin.conftest import VIEW
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory
from tests.phones import ALICE

pytestmark = pytest.mark.django_db

NUMBERS = "/admin/sms_verification/phonenumber/"
# Not whole in the source, which a report quotes.
NATIONAL = "138" + "00138000"
TYPED = "139" + "00139000"


@pytest.fixture
def reports() -> Iterator[list[str]]:
    """What Django would mail to the host's administrators."""
    mailed: list[str] = []

    def report(request: Any, **kwargs: Any) -> None:
        reporter = ExceptionReporter(request, *sys.exc_info(), is_email=True)
        mailed.extend([reporter.get_traceback_html(), reporter.get_traceback_text()])

    got_request_exception.connect(report)
    yield mailed
    got_request_exception.disconnect(report)


@pytest.fixture
def number() -> Any:
    user = UserFactory(username=f"u{NATIONAL}")
    number = PhoneNumberFactory(number=ALICE, user=user)
    VerificationFactory(phone_number=number, user=user)
    return number


@pytest.fixture
def client(staff_with: Callable[..., Client]) -> Client:
    """Who may see full numbers."""
    client = staff_with(*VIEW, "view_full_number", "block_phonenumber")
    client.raise_request_exception = False
    return client


def crash(*args: Any, **kwargs: Any) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    ("page", "point"),
    [
        ("search", "sms_verification.phone_numbers.phonenumbers.parse"),
        ("search", "sms_verification.admin.pages.render"),
        ("search", "django.template.defaulttags.URLNode.render"),
        ("change", "sms_verification.admin.state.facts"),
        ("change", "sms_verification.admin.timeline._known"),
        ("change", "sms_verification.admin.pages.render"),
        ("change", "django.template.defaulttags.URLNode.render"),
        ("block", "sms_verification.blocks.block"),
        ("unfit form", "django.template.defaulttags.CsrfTokenNode.render"),
        ("list", "django.contrib.admin.templatetags.admin_list.display_for_value"),
    ],
)
class TestReports:
    def ask(self, client: Client, page: str, number: PhoneNumber) -> Any:
        if page == "list":
            return client.get(NUMBERS)
        if page == "search":
            return client.post(f"{NUMBERS}search/", {"text": TYPED})
        url = f"{NUMBERS}{number.pk}/"
        if page == "change":
            return client.get(f"{url}change/")
        form = {"duration": "day" if page == "block" else "", "reason": f"Of {TYPED}."}
        return client.post(f"{url}block/", form)

    def test_tell_no_number(
        self,
        client: Client,
        number: PhoneNumber,
        reports: list[str],
        settings: Any,
        monkeypatch: pytest.MonkeyPatch,
        page: str,
        point: str,
        debug: bool,
    ) -> None:
        settings.DEBUG = debug
        with monkeypatch.context() as patch:
            patch.setattr(point, crash)
            answer = self.ask(client, page, number)
        assert answer.status_code == 500
        seen = [*reports, answer.text]
        assert all("ZeroDivisionError" in report for report in reports)
        assert [t for t in (NATIONAL, TYPED) for report in seen if t in report] == []
