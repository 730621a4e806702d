from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from sms_verification import receipt_rows, settling, transactions
from sms_verification.models import Delivery, Outcome, PhoneNumber, Verification
from sms_verification.receipts import paths, views
from tests.factories import DeliveryFactory, VerificationFactory
from tests.receipts.conftest import Push, path
from tests.receipts.pushes import sms_report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ANSWER = {"code": 0, "msg": "OK"}

# Here, or a report would quote it from the test.
PUSHED = "To=13800138000"


def outcome_of(delivery: Delivery) -> tuple[str, str, str]:
    delivery.refresh_from_db()
    return delivery.outcome, delivery.receipt, delivery.receipt_code


class PushTests:
    def test_is_stored(self, push: Push) -> None:
        delivery = DeliveryFactory(message_id="1^0")
        response = push([sms_report(delivery)])
        assert response.status_code == 200
        assert response.json() == ANSWER
        assert response.headers["Content-Type"] == "application/json"
        assert outcome_of(delivery) == ("accepted", "delivered", "DELIVERED")

    def test_changes_nothing_else(self, push: Push) -> None:
        delivery = DeliveryFactory(message_id="1^0", outcome=Outcome.UNKNOWN)

        def everything() -> list[Any]:
            columns = {"outcome", "receipt", "receipt_code", "received_at"}
            kept = [f.name for f in Delivery._meta.fields if f.name not in columns]
            return [
                list(PhoneNumber.objects.values()),
                list(Verification.objects.values()),
                list(Delivery.objects.values(*kept)),
            ]

        before = everything()
        push([sms_report(delivery)])
        assert outcome_of(delivery)[0] == "accepted"
        assert everything() == before

    def test_is_for_those_who_are_not_signed_in(
        self, push: Push, settings: Any
    ) -> None:
        """A redirect would show the secret, and the receipt would be lost."""
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE,
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
        ]
        assert push([]).status_code == 200

    @pytest.mark.parametrize("slashed_anyway", [True, False])
    def test_may_come_to_an_address_without_its_last_slash(
        self,
        push: Push,
        settings: Any,
        caplog: pytest.LogCaptureFixture,
        slashed_anyway: bool,
    ) -> None:
        """A redirect would lose the push, and Django would log a 404 with the path."""
        common = "django.middleware.common.CommonMiddleware"
        settings.MIDDLEWARE = [
            name for name in settings.MIDDLEWARE if slashed_anyway or name != common
        ]
        delivery = DeliveryFactory(message_id="1^0")
        address = path().removesuffix("/")
        assert push([sms_report(delivery)], to=address).status_code == 200
        assert outcome_of(delivery)[1] == "delivered"
        assert paths.current_secret("default") not in caplog.text

    def test_s_address_ends_in_a_slash_where_it_is_told(self) -> None:
        secret = paths.current_secret("default")
        assert reverse("sms_verification:receipts", args=["default", secret]) == path()

    def test_of_nobody_s_is_answered_as_a_success(self, push: Push) -> None:
        response = push([sms_report(), sms_report(out_id="f" * 32)])
        assert (response.status_code, response.json()) == (200, ANSWER)

    def test_of_nothing_asks_for_nothing(
        self, push: Push, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            assert push([]).status_code == 200

    def test_of_another_vendor_is_answered_in_its_words(self, push: Push) -> None:
        assert push([], to=path("backup")).json() == {"result": 0, "errmsg": "OK"}

    def test_may_have_any_content_type(self, push: Push) -> None:
        delivery = DeliveryFactory()
        body = json.dumps([sms_report(delivery)]).encode()
        assert push(body, content_type="text/plain").status_code == 200
        assert outcome_of(delivery)[1] == "delivered"

    def test_of_a_hundred_takes_three_statements(
        self, push: Push, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        deliveries = DeliveryFactory.create_batch(100)
        batch = [
            sms_report(
                delivery,
                success=number % 2 == 0,
                err_code=f"code {number}",
                report_time=f"2026-01-05 20:00:{number % 60:02d}",
            )
            for number, delivery in enumerate(deliveries)
        ]
        # One SELECT and an UPDATE a status, in one transaction.
        with django_assert_num_queries(5) as queries:
            push(batch)
        verbs = [query["sql"].split()[0] for query in queries]
        assert verbs == ["SELECT", "SAVEPOINT", "UPDATE", "UPDATE", "RELEASE"]
        stored = [outcome_of(delivery)[1:] for delivery in deliveries]
        words = ["delivered", "undelivered"]
        assert stored == [(words[n % 2], f"code {n}") for n in range(100)]

    def test_again_takes_one_statement(
        self, push: Push, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        batch = [sms_report(d) for d in DeliveryFactory.create_batch(3)]
        push(batch)
        with django_assert_num_queries(1):
            assert push(batch).json() == ANSWER

    def test_is_not_inside_the_host_s_transaction(
        self, push: Push, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
        delivery = DeliveryFactory()
        assert push([sms_report(delivery)]).status_code == 200
        assert outcome_of(delivery)[1] == "delivered"


class DoorTests:
    """Who does not know the path's secret learns nothing and changes nothing."""

    @pytest.mark.parametrize(
        ("alias", "secret_of"),
        [("default", "backup"), ("nobody", "default"), ("nobody", "nobody")],
    )
    def test_is_shut(self, push: Push, alias: str, secret_of: str) -> None:
        delivery = DeliveryFactory(provider="default")
        secret = paths.current_secret(secret_of)
        response = push([sms_report(delivery)], to=f"/sms/receipts/{alias}/{secret}/")
        assert (response.status_code, response.content) == (404, b"")
        assert outcome_of(delivery)[1] == ""

    def test_looks_the_same_from_everywhere(self, push: Push) -> None:
        answers = []
        for alias in ("default", "nobody"):
            response = push([], to=f"/sms/receipts/{alias}/{'x' * 43}/")
            answers.append(
                (response.status_code, dict(response.headers), response.content)
            )
        assert answers[0] == answers[1]

    def test_takes_the_same_work_for_an_alias_that_there_is_not(
        self, push: Push, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        worked = []
        is_secret = paths.is_secret

        def counting(alias: str, given: str) -> bool:
            worked.append(alias)
            return is_secret(alias, given)

        monkeypatch.setattr(paths, "is_secret", counting)
        for alias in ("default", "nobody"):
            push([], to=f"/sms/receipts/{alias}/{'x' * 43}/")
        assert worked == ["default", "nobody"]

    def test_costs_no_statement(
        self, push: Push, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            push([sms_report()], to=f"/sms/receipts/default/{'x' * 43}/")

    def test_opens_to_the_secret_of_a_rotated_key(
        self, push: Push, settings: Settings
    ) -> None:
        delivery = DeliveryFactory()
        before = path()
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "new"
        assert push([sms_report(delivery)], to=before).status_code == 200
        assert outcome_of(delivery)[1] == "delivered"

    def test_of_one_provider_leads_to_its_own_deliveries_only(self, push: Push) -> None:
        delivery = DeliveryFactory(provider="backup", message_id="1^0")
        assert push([sms_report(delivery)]).status_code == 200
        assert outcome_of(delivery)[1] == ""

    @pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
    @pytest.mark.parametrize("right", [True, False])
    def test_takes_nothing_but_post(
        self, client: Client, method: str, right: bool
    ) -> None:
        address = path() if right else f"/sms/receipts/default/{'x' * 43}/"
        response = getattr(client, method)(address)
        assert (response.status_code, response.content) == (405, b"")


class BodyTests:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"[",
            b"null",
            b"{}",
            b"[1]",
            b"[null]",
            b'"text"',
            b"\xff\xfe[",
            b"\x00",
            b"[" * 200_000,
            b'{"a":' * 40_000,
            b"phone_number=13800138000&success=true",
            b"1" * 10_000,
        ],
        ids=str,
    )
    def test_that_is_no_push_is_refused(self, push: Push, body: bytes) -> None:
        assert push(body).status_code == 400

    @pytest.mark.parametrize(
        "changes",
        [
            {"success": None},
            {"success": "true"},
            {"success": 1},
            {"out_id": None, "biz_id": None},
            {"out_id": ["a"], "biz_id": {"a": 1}, "phone_number": 13800138000},
            {"out_id": "", "biz_id": ""},
            {"out_id": "", "biz_id": "a\x00"},
            {"out_id": "", "biz_id": "\ud800"},
            {"out_id": "", "phone_number": "\x00"},
            {"out_id": "", "phone_number": "１３８"},
            {"out_id": "", "biz_id": "x" * 1000},
            {"out_id": "{" * 100},
        ],
        ids=str,
    )
    def test_with_a_report_of_nothing_loses_no_other(
        self, push: Push, changes: dict[str, Any]
    ) -> None:
        delivery = DeliveryFactory(message_id="1^0")
        odd = {**sms_report(), **changes}
        body = json.dumps([odd, sms_report(delivery)]).encode()
        assert push(body).json() == ANSWER
        assert outcome_of(delivery)[1] == "delivered"

    def test_of_the_largest_size_is_taken(self, push: Push) -> None:
        body = b"[]".ljust(views.LARGEST_BODY)
        assert push(body).status_code == 200

    def test_that_is_larger_is_refused(self, push: Push) -> None:
        delivery = DeliveryFactory()
        body = json.dumps([sms_report(delivery)]).encode()
        response = push(body.ljust(views.LARGEST_BODY + 1))
        assert (response.status_code, response.content) == (413, b"")
        assert outcome_of(delivery)[1] == ""

    @pytest.mark.parametrize(("count", "status"), [(500, 200), (501, 413)])
    def test_holds_so_many_receipts_or_none_is_stored(
        self, push: Push, count: int, status: int
    ) -> None:
        delivery = DeliveryFactory()
        reports = [{"success": True, "out_id": delivery.pk.hex}]
        reports += [{"success": True, "out_id": f"{n:032x}"} for n in range(1, count)]
        assert push(reports).status_code == status
        assert (outcome_of(delivery)[1] == "delivered") == (status == 200)

    def test_that_breaks_off_is_refused(self, push: Push, rf: Any) -> None:
        class Gone:
            def read(self, size: int = -1) -> bytes:
                raise OSError("13800138000")

        request = rf.post(path(), b"x" * 10, content_type="application/json")
        request._stream = Gone()
        secret = paths.current_secret("default")
        assert views.receive(request, "default", secret).status_code == 400

    def test_that_somebody_read_before_is_still_there(self, rf: Any) -> None:
        delivery = DeliveryFactory()
        body = json.dumps([sms_report(delivery)]).encode()
        request = rf.post(path(), body, content_type="application/json")
        assert request.body == body
        secret = paths.current_secret("default")
        assert views.receive(request, "default", secret).status_code == 200
        assert outcome_of(delivery)[1] == "delivered"

    def test_of_a_vendor_that_pushes_nothing_is_refused(self, push: Push) -> None:
        assert push([], to=path("plain")).status_code == 400

    @pytest.mark.parametrize("alias", ["broken", "absent"])
    def test_that_the_provider_cannot_read_is_to_come_again(
        self, push: Push, alias: str
    ) -> None:
        assert push([sms_report()], to=path(alias)).status_code == 503


class FaultTests:
    def test_of_the_database_lets_the_vendor_push_again(
        self,
        push: Push,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        delivery = DeliveryFactory()

        def fail(*args: Any) -> None:
            raise OperationalError("13800138000")

        with monkeypatch.context() as patch:
            patch.setattr(receipt_rows, "find_by_id", fail)
            assert push([sms_report(delivery)]).status_code == 503
        assert "Receipts of default are lost: OperationalError." in caplog.messages
        assert push([sms_report(delivery)]).status_code == 200
        assert outcome_of(delivery)[1] == "delivered"

    def test_of_too_many_writers_too(
        self, push: Push, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*args: Any) -> None:
            raise transactions.Contended

        monkeypatch.setattr(settling, "settle", fail)
        assert push([sms_report()]).status_code == 503

    def test_of_ours_is_reported_without_what_was_pushed(
        self, push: Push, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As Django's page for developers has it, where a host left that on."""

        def crash(*args: Any) -> None:
            del args
            raise RuntimeError

        settings.DEBUG = True
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.receipts.conftest.curious"]
        monkeypatch.setattr(views, "_read", crash)
        kind = "application/x-www-form-urlencoded"
        report = push(PUSHED.encode(), to=path("world"), content_type=kind)
        assert report.status_code == 500
        assert "RuntimeError" in report.text
        assert PUSHED.partition("=")[2] not in report.text


class LogTests:
    @pytest.mark.parametrize(
        ("alias", "body", "status"),
        [
            ("default", b"13800138000", 400),
            ("broken", b"13800138000", 503),
            ("absent", b"13800138000", 503),
            ("default", b"13800138000" * 100_000, 413),
        ],
        ids=["no push", "broken", "absent", "huge"],
    )
    def test_of_a_refusal_holds_neither_the_path_nor_the_push(
        self,
        push: Push,
        caplog: pytest.LogCaptureFixture,
        alias: str,
        body: bytes,
        status: int,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        assert push(body, to=path(alias)).status_code == status
        for secret in (paths.current_secret(alias), "13800138000"):
            assert secret not in caplog.text

    def test_of_a_get_holds_no_path(
        self, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        client.get(path())
        assert paths.current_secret("default") not in caplog.text

    def test_tells_of_each_receipt(
        self, push: Push, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "sms_verification")
        verification = VerificationFactory(phone_number__number="+8613800138000")
        push([sms_report(DeliveryFactory(verification=verification))])
        assert caplog.messages == [
            "Delivered (DELIVERED) by default: register for +86138****8000"
            f" ({verification.pk})."
        ]
