from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sms_verification.admin import lists
from sms_verification.admin.filters import with_status
from sms_verification.models import Delivery, Status, Verification
from tests.factories import (
    DeliveryFactory,
    PhoneNumberFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db

# Where the clock of these tests stands.
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAY = timedelta(days=1)

Listed = Callable[..., list[Any]]


@pytest.fixture
def listed(staff_client: Client, clock: Any) -> Listed:
    """The rows that a list has under these filters."""

    def rows(name: str, **filters: str) -> list[Any]:
        page = staff_client.get(f"/admin/sms_verification/{name}/", filters)
        assert page.status_code == 200, page.headers
        return list(page.context["cl"].result_list)

    return rows


class TestDays:
    AGES = [0.1, 0.49, 0.51, 1.49, 1.51, 6.9, 7.1, 100]

    @pytest.fixture
    def rows(self, clock: Any) -> dict[str, list[Any]]:
        attempts = [
            VerificationFactory(created_at=NOW - DAY * age) for age in self.AGES
        ]
        sent = [
            DeliveryFactory(verification=row, requested_at=row.created_at)
            for row in attempts
        ]
        return {"verification": attempts, "delivery": sent}

    @pytest.mark.parametrize("name", ["verification", "delivery"])
    @pytest.mark.parametrize(
        ("day", "first", "last"),
        [
            ({}, 0, 6),
            ({"day": ""}, 0, 6),
            ({"day": "today"}, 0, 2),
            ({"day": "yesterday"}, 2, 4),
            ({"day": "2026-01-04"}, 2, 4),
            ({"day": "2025-09-27"}, 7, 8),
            ({"day": "2025-09-28"}, 0, 0),
        ],
    )
    def test_bound_a_list(
        self,
        rows: dict[str, list[Any]],
        listed: Listed,
        name: str,
        day: dict[str, str],
        first: int,
        last: int,
    ) -> None:
        assert listed(name, **day) == rows[name][first:last]

    def test_are_those_of_the_time_zone(
        self, rows: Any, listed: Listed, settings: Any
    ) -> None:
        settings.TIME_ZONE = "Asia/Shanghai"  # 20:00 of the fifth
        made = [
            timezone.localtime(r.created_at)
            for r in listed("verification", day="today")
        ]
        assert {at.date() for at in made} == {date(2026, 1, 5)}
        assert len(made) == 3

    @pytest.mark.parametrize(
        "day", ["x", "2026-02-30", "0001-01-01", "9999-12-31", "20260105x", "-1"]
    )
    def test_that_are_none_show_the_plain_list(
        self, staff_client: Client, rows: Any, day: str
    ) -> None:
        page = staff_client.get("/admin/sms_verification/verification/", {"day": day})
        assert (page.status_code, page.headers["Location"]) == (
            302,
            "/admin/sms_verification/verification/?e=1",
        )

    def test_can_be_picked_beside_the_other_filters(self, staff_client: Client) -> None:
        query = {"day": "2026-01-04", "status": "used", "purpose": "login", "p": "1"}
        page = staff_client.get("/admin/sms_verification/verification/", query).text
        form = re.search(r'<form class="sms-day".*?</form>', page, re.DOTALL)
        assert form is not None
        hidden = re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', form[0])
        assert sorted(hidden) == [("purpose", "login"), ("status", "used")]
        assert 'name="day" value="2026-01-04"' in form[0]


class TestStatus:
    @pytest.fixture
    def rows(self, clock: Any) -> list[Any]:
        times = [None, NOW - timedelta(minutes=4), NOW - timedelta(minutes=40)]
        return [
            VerificationFactory(
                created_at=NOW - timedelta(hours=1),
                expires_at=expires_at,
                checks_left=checks_left,
                approved_at=approved_at,
                used_at=used_at,
            )
            for expires_at, checks_left, approved_at, used_at in product(
                [NOW, NOW + timedelta(minutes=1)], [0, 5], times, times
            )
            if used_at is None or approved_at is not None
        ]

    @pytest.mark.parametrize("status", list(Status))
    def test_is_what_the_rows_say(
        self, rows: list[Any], listed: Listed, status: Status
    ) -> None:
        by_case = Verification.objects.with_status(NOW).filter(derived_status=status)
        found = {row.pk for row in by_case}
        assert found
        assert {row.pk for row in listed("verification", status=status)} == found

    def test_is_one_for_each_row(self, rows: list[Any]) -> None:
        counts = [
            Verification.objects.filter(with_status(status, NOW)).count()
            for status in Status
        ]
        assert sum(counts) == len(rows)


class TestChoices:
    def test_of_purpose_provider_and_outcome_narrow(
        self, listed: Listed, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            **settings.SMS_VERIFICATION_PROVIDERS,
            "backup": {"BACKEND": "sms_verification.providers.dummy.DummyProvider"},
        }
        plain = DeliveryFactory(verification__purpose="login")
        other = DeliveryFactory(
            verification__purpose="register", provider="backup", outcome="rejected"
        )
        attempts = [plain.verification, other.verification]
        assert [listed("verification", purpose=v.purpose) for v in attempts] == [
            [v] for v in attempts
        ]
        for row in (plain, other):
            assert listed("delivery", provider=row.provider) == [row]
            assert listed("delivery", outcome=row.outcome) == [row]
            both = {"provider": row.provider, "outcome": row.outcome}
            assert listed("delivery", **both) == [row]
        assert listed("delivery", provider="backup", outcome="accepted") == []

    def test_of_what_holds_narrow_the_numbers(self, listed: Listed) -> None:
        for soon in (NOW - DAY, None, NOW + DAY):
            blocked = PhoneNumberFactory(blocked_until=soon)
            locked = PhoneNumberFactory(locked_until=soon)
        assert listed("phonenumber", standing="blocked") == [blocked]
        assert listed("phonenumber", standing="locked") == [locked]
        assert len(listed("phonenumber")) == 6

    @pytest.mark.parametrize(
        "query",
        [
            "verification/?status=x",
            "verification/?purpose=nothing",
            "delivery/?provider=nothing",
            "delivery/?outcome=nothing",
            "phonenumber/?standing=active",
        ],
    )
    def test_are_the_only_ones(self, staff_client: Client, query: str) -> None:
        answer = staff_client.get(f"/admin/sms_verification/{query}")
        assert (answer.status_code, answer.headers["Location"]) == (
            302,
            f"/admin/sms_verification/{query.split('?', maxsplit=1)[0]}?e=1",
        )


class TestBounds:
    @pytest.fixture
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lists, "MOST_ROWS", 100)

    def make(self, count: int) -> None:
        row = VerificationFactory()
        Delivery.objects.bulk_create(Delivery(verification=row) for _ in range(count))

    @pytest.mark.parametrize(
        ("rows", "said", "pages"),
        [(99, "99 deliveries", 2), (100, "100 deliveries", 2), (101, "100+ deliv", 2)],
    )
    def test_end_the_count_and_the_pages(
        self, staff_client: Client, few: None, rows: int, said: str, pages: int
    ) -> None:
        self.make(rows)
        page = staff_client.get("/admin/sms_verification/delivery/")
        assert said in page.text
        assert page.context["cl"].paginator.num_pages == pages
        beyond = staff_client.get("/admin/sms_verification/delivery/?p=3")
        assert beyond.status_code == 302

    def test_hold_for_what_the_database_counts(
        self, staff_client: Client, few: None, django_assert_max_num_queries: Any
    ) -> None:
        with django_assert_max_num_queries(6) as made:
            staff_client.get("/admin/sms_verification/delivery/")
        counts = [q["sql"] for q in made.captured_queries if "COUNT(" in q["sql"]]
        assert ["LIMIT 101)" in sql for sql in counts] == [True]

    def test_hold_for_who_asks_for_all(self, staff_client: Client) -> None:
        self.make(60)
        page = staff_client.get("/admin/sms_verification/delivery/?all=")
        assert len(page.context["cl"].result_list) == 50

    def test_hold_for_the_count_of_each_choice(
        self, staff_client: Client, django_assert_max_num_queries: Any
    ) -> None:
        with django_assert_max_num_queries(6):
            staff_client.get("/admin/sms_verification/delivery/?_facets=True")


class TestColumns:
    def test_tell_what_staff_look_for(self, staff_client: Client) -> None:
        DeliveryFactory(
            provider="backup",
            outcome="rejected",
            reason="balance",
            vendor_code="isv.OUT",
            receipt="undelivered",
            verification__purpose="login",
            verification__address="203.0.113.9",
        )
        PhoneNumberFactory(
            blocked_until=timezone.now() + DAY, locked_until=timezone.now() + DAY
        )
        page = "/admin/sms_verification/{}/"
        sent, attempts, numbers = (
            staff_client.get(page.format(name)).text
            for name in ("delivery", "verification", "phonenumber")
        )
        for text in ("backup", "rejected", "balance · isv.OUT", "undelivered"):
            assert text in sent
        for text in ("login", "pending", "203.0.113.9"):
            assert text in attempts
        assert "blocked, locked" in numbers
