from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client, RequestFactory

from sms_verification import refusals
from sms_verification.accounts import Accounts
from sms_verification.admin import pages, records, words
from sms_verification.admin.records import PAGE
from sms_verification.models import Delivery, PhoneNumber, Verification
from sms_verification.refusals import Refusal
from sms_verification.types import Reason
from tests.factories import (
    DeliveryFactory,
    PhoneNumberFactory,
    UserFactory,
    VerificationFactory,
)
from tests.phones import ALICE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

# Where the clock of these tests stands.
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def ago(**lengths: float) -> datetime:
    return NOW - timedelta(**lengths)


def url(number: PhoneNumber) -> str:
    return f"/admin/sms_verification/phonenumber/{number.pk}/change/"


def lines(text: str, part: str = "title") -> list[str]:
    found = re.findall(rf'<p class="sms-{part}">(.*?)</p>', text, re.DOTALL)
    return [unescape(line) for line in found]


class HostsAccounts(Accounts):
    exists = number_of = link = unlink = None  # type: ignore[assignment]  # not asked

    def find(self, number: PhoneNumber) -> User:
        return User.objects.get(username="dora")


@pytest.fixture
def number() -> Any:
    return PhoneNumberFactory(number=ALICE)


class Page:
    def __init__(self, client: Client) -> None:
        self.client = client

    def text(self, number: PhoneNumber) -> str:
        return unescape(self.client.get(url(number)).text)

    def titles(self, number: PhoneNumber) -> list[str]:
        return lines(self.client.get(url(number)).text)


@pytest.fixture
def page(staff_client: Client) -> Page:
    return Page(staff_client)


def attempt(number: PhoneNumber, **fields: Any) -> Any:
    return VerificationFactory(phone_number=number, purpose="login", **fields)


class TestOrder:
    def test_is_newest_first_through_a_whole_attempt(
        self, page: Page, number: PhoneNumber
    ) -> None:
        begun = ago(minutes=9)
        row = attempt(
            number,
            created_at=begun,
            failed_at=[(begun + timedelta(seconds=s)).timestamp() for s in (90, 95)],
            checks_left=3,
            approved_at=begun + timedelta(seconds=100),
            used_at=begun + timedelta(seconds=101),
        )
        DeliveryFactory(
            verification=row,
            requested_at=begun,
            receipt="delivered",
            received_at=begun + timedelta(seconds=150),
        )
        DeliveryFactory(verification=row, requested_at=begun + timedelta(seconds=70))
        assert page.titles(number) == [
            "The SMS has reached the phone",
            "The approval was used: login",
            "Right code",
            "Wrong code, number 2 of this attempt",
            "Wrong code, number 1 of this attempt",
            "SMS again, as was asked for: accepted by the vendor",
            "SMS: accepted by the vendor",
            "A code was asked for: login",
        ]

    def test_is_by_day_of_the_time_zone(
        self, staff_client: Client, number: PhoneNumber, settings: Any
    ) -> None:
        settings.TIME_ZONE = "Asia/Shanghai"
        for at in (datetime(2026, 1, 4, 15, 59, tzinfo=UTC), NOW - timedelta(hours=20)):
            attempt(number, created_at=at, expires_at=NOW + timedelta(days=1))
        text = staff_client.get(url(number)).text
        assert re.findall(r'<h3 id="day-([\d-]+)"', text) == [
            "2026-01-05",
            "2026-01-04",
        ]
        assert re.findall(r"<time [^>]*>(.*?)</time>", text) == ["00:00:00", "23:59:00"]
        assert "Times are those of Asia/Shanghai." in text


class TestEnds:
    @pytest.mark.parametrize(
        ("fields", "title"),
        [
            ({"created_at": ago(hours=1)}, "The code expired"),
            (
                {"created_at": ago(hours=1), "approved_at": ago(minutes=59)},
                "The approval ended unused",
            ),
            (
                {"checks_left": 0, "failed_at": [ago(minutes=1).timestamp()]},
                "No check is left",
            ),
            ({"checks_left": 0}, "Closed: nobody got its code"),
            ({"approved_at": ago(minutes=3)}, "Right code"),
        ],
    )
    def test_are_told(
        self, page: Page, number: PhoneNumber, fields: dict[str, Any], title: str
    ) -> None:
        attempt(number, **{"created_at": ago(minutes=4), **fields})
        assert page.titles(number)[0] == title

    def test_are_not_told_before_they_come(
        self, page: Page, number: PhoneNumber
    ) -> None:
        attempt(number, created_at=ago(minutes=1))
        assert page.titles(number) == ["A code was asked for: login"]


class TestDeliveries:
    def deliver(self, number: PhoneNumber, *rows: dict[str, Any]) -> None:
        verification = attempt(number, created_at=ago(minutes=4))
        for fields in rows:
            DeliveryFactory(verification=verification, **fields)

    def test_that_follow_a_refusal_at_once_are_failovers(
        self, page: Page, number: PhoneNumber
    ) -> None:
        begun = ago(minutes=4)
        self.deliver(
            number,
            {
                "requested_at": begun,
                "duration": timedelta(seconds=5),
                "outcome": "rejected",
                "reason": "balance",
            },
            {"requested_at": begun + timedelta(seconds=5.1), "provider": "backup"},
            {"requested_at": begun + timedelta(seconds=6), "provider": "world"},
        )
        assert page.titles(number)[:3] == [
            "SMS again, as was asked for: accepted by the vendor",
            "SMS by the next provider: accepted by the vendor",
            "SMS: rejected by the vendor",
        ]

    def test_that_follow_a_refusal_later_were_asked_for(
        self, page: Page, number: PhoneNumber
    ) -> None:
        begun = ago(minutes=4)
        self.deliver(
            number,
            {"requested_at": begun, "outcome": "rejected", "reason": "rate_limited"},
            {"requested_at": begun + timedelta(seconds=60)},
        )
        assert page.titles(number)[0].startswith("SMS again, as was asked for")

    @pytest.mark.parametrize("reason", list(Reason))
    def test_tell_each_reason_in_words_and_the_vendors_code(
        self, page: Page, number: PhoneNumber, reason: Reason
    ) -> None:
        self.deliver(
            number,
            {"outcome": "rejected", "reason": reason, "vendor_code": "isv.SOME_CODE"},
        )
        text = page.text(number)
        assert str(words.REASONS[reason]) in text
        assert "isv.SOME_CODE" in text
        assert reason in text

    @pytest.mark.parametrize(
        ("outcome", "note"),
        [
            ("queued", "No worker has taken it yet."),
            ("unknown", "may have left"),
            ("withheld", "no account has this number"),
        ],
    )
    def test_tell_what_an_outcome_means(
        self, page: Page, number: PhoneNumber, outcome: str, note: str
    ) -> None:
        self.deliver(number, {"outcome": outcome})
        assert note in page.text(number)

    @pytest.mark.parametrize(
        ("fields", "note"),
        [
            ({"outcome": "withheld", "vendor_code": "late"}, "workers are too slow"),
            (
                {
                    "outcome": "rejected",
                    "reason": "unavailable",
                    "vendor_code": "queue",
                },
                "The site's queue did not take it",
            ),
        ],
    )
    def test_tell_why_no_vendor_was_asked(
        self, page: Page, number: PhoneNumber, fields: dict[str, Any], note: str
    ) -> None:
        self.deliver(number, fields)
        assert page.titles(number)[0] == "SMS: not sent"
        assert note in page.text(number)

    def test_tell_what_is_on_record(self, page: Page, number: PhoneNumber) -> None:
        self.deliver(
            number,
            {
                "requested_at": ago(minutes=3),
                "provider": "backup",
                "duration": timedelta(milliseconds=420),
                "parts": 2,
                "message_id": "m-77",
                "receipt": "undelivered",
                "receipt_code": "UNDELIV",
                "received_at": ago(minutes=2),
            },
        )
        text = page.text(number)
        assert page.titles(number)[0] == "The SMS has not reached the phone"
        for told in ("backup", "0.42 s", "m-77", "UNDELIV", "60.00 s", "<b>2</b>"):
            assert told in text

    def test_show_words_that_nobody_foresaw(
        self, page: Page, number: PhoneNumber
    ) -> None:
        self.deliver(number, {"receipt": "expired", "reason": "new_reason"})
        assert page.titles(number)[0] == "A receipt came"
        assert "new_reason" in page.text(number)


class TestClient:
    def test_is_told_and_escaped(
        self, staff_client: Client, number: PhoneNumber
    ) -> None:
        attempt(
            number,
            address="203.0.113.9",
            user_agent="<script>alert(1)</script>" + "x" * 100,
            language="zh-hans",
            user=UserFactory(username="bob"),
        )
        text = staff_client.get(url(number)).text
        assert "<script>alert(1)" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
        assert "x" * 56 not in text
        for told in ("203.0.113.9", "zh-hans", "bob"):
            assert f"<b>{told}</b>" in text


class TestLocksRefusalsAndStaff:
    def test_a_lock_begins_with_the_last_wrong_code(
        self, page: Page, number: PhoneNumber
    ) -> None:
        number.locked_until = NOW + timedelta(hours=20)
        number.failed_checks = 100
        number.save()
        begun = ago(hours=4)
        failed_at = [begun.timestamp() + seconds for seconds in (10, 20)]
        attempt(number, created_at=begun, failed_at=failed_at, checks_left=3)
        assert page.titles(number)[:3] == [
            "The code expired",
            "Locked: no code is compared until Jan. 6, 2026 08:00:00",
            "Wrong code, number 2 of this attempt",
        ]
        assert "after 100 wrong ones in a row" in page.text(number)

    def test_a_lock_that_is_over_began_before_its_end(
        self, page: Page, number: PhoneNumber
    ) -> None:
        number.locked_until = ago(hours=3)
        number.save()
        failed_at = [ago(hours=h).timestamp() for h in (26, 27, 1)]
        row = attempt(number, created_at=ago(hours=28), failed_at=failed_at)
        titles = page.titles(number)
        locked = titles.index("Locked: no code is compared until Jan. 5, 2026 09:00:00")
        assert titles[locked - 1 : locked + 2 : 2] == [
            "Wrong code, number 3 of this attempt",
            "Wrong code, number 1 of this attempt",
        ]
        row.failed_at = failed_at[2:]
        row.save()
        assert not any(title.startswith("Locked") for title in page.titles(number))

    def test_refusals_are_told(self, page: Page, number: PhoneNumber) -> None:
        for code, action in {
            "send_limited": "start",
            "not_pending": "resend",
            "locked_out": "check",
            "of_the_hosts_own": "start",
        }.items():
            refusals._note(ALICE, Refusal(NOW, action, "login", code))
        text = page.text(number)
        for told in (
            "A code was asked for and refused",
            "Another SMS was asked for and refused",
            "A code was typed and not compared",
            "Too soon after the last SMS",
            "of_the_hosts_own",
        ):
            assert told in text

    def test_what_staff_did_is_told_with_who_did_it(
        self, page: Page, number: PhoneNumber
    ) -> None:
        LogEntry.objects.create(
            user=UserFactory(username="carol"),
            content_type=ContentType.objects.get_for_model(PhoneNumber),
            object_id=str(number.pk),
            object_repr=str(number),
            action_flag=CHANGE,
            change_message="Blocked until <b>later</b>: spam.",
        )
        assert page.titles(number) == ["Blocked until <b>later</b>: spam."]
        assert "carol" in page.text(number)
        assert "<b>later" not in page.client.get(url(number)).text

    def test_staff_who_are_named_by_their_number_are_masked(
        self, blocking_client: Client, number: PhoneNumber
    ) -> None:
        User.objects.filter(is_staff=True).update(username="w_13900139000")
        form = {"duration": "day", "reason": "spam"}
        path = f"/admin/sms_verification/phonenumber/{number.pk}/block/"
        text = blocking_client.post(path, form, follow=True).text
        assert "<b>w_139****00</b>" in text

    def test_all_that_staff_did_is_told(self, page: Page, number: PhoneNumber) -> None:
        LogEntry.objects.bulk_create(
            LogEntry(
                user=UserFactory(),
                content_type=ContentType.objects.get_for_model(PhoneNumber),
                object_id=str(number.pk),
                action_flag=CHANGE,
                action_time=ago(minutes=i),
                change_message=f"Blocked, {i}.",
            )
            for i in range(30)
        )
        assert len(page.titles(number)) == 30

    def test_nothing_of_another_number_is_told(
        self, page: Page, number: PhoneNumber
    ) -> None:
        other = PhoneNumberFactory()
        DeliveryFactory(verification__phone_number=other)
        refusals._note(other.number, Refusal(NOW, "start", "login", "send_limited"))
        assert page.titles(number) == []
        assert "Nothing is on record." in page.text(number)


class TestFacts:
    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({}, "An SMS can be sent now."),
            ({}, "Codes are compared. 0 were wrong since"),
            (
                {"sent_at": [ago(seconds=20).timestamp()]},
                "Not before Jan. 5, 2026 12:00:45",
            ),
            (
                {"number": "+862066667777"},
                "No SMS can be sent to numbers of this kind.",
            ),
            ({"number": "+1"}, "No SMS can be sent to numbers of this kind."),
            (
                {"blocked_until": NOW + timedelta(days=1), "block_reason": "Spam <b>"},
                "Blocked until Jan. 6, 2026 12:00:00: Spam &lt;b&gt;",
            ),
            (
                {"blocked_until": NOW + timedelta(days=1)},
                "No SMS is sent: the number is blocked.",
            ),
            (
                {"blocked_until": NOW + timedelta(days=1)},
                "No code is compared: the number is blocked.",
            ),
            (
                {"locked_until": NOW + timedelta(days=1), "failed_checks": 1},
                "No code is compared until Jan. 6, 2026 12:00:00, after 1 wrong one.",
            ),
            (
                {"locked_until": NOW + timedelta(days=1)},
                "No SMS is sent while no code is compared.",
            ),
            ({"blocked_until": ago(days=1)}, "An SMS can be sent now."),
            ({"verified_at": ago(days=1)}, "Jan. 4, 2026 12:00:00"),
        ],
    )
    def test_tell_what_holds_now(
        self, staff_client: Client, fields: dict[str, Any], told: str
    ) -> None:
        number = PhoneNumberFactory(**{"number": ALICE, **fields})
        assert told in staff_client.get(url(number)).text

    def test_tell_of_a_test_number(
        self, page: Page, number: PhoneNumber, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_TEST_NUMBERS = {
            ALICE: {"secret_code": "123456", "until": NOW.date()}
        }
        assert "Test number" in page.text(number)

    @pytest.mark.parametrize("may_see_users", [True, False])
    def test_lead_to_the_owners_page_who_may_see_it(
        self, staff_with: Any, number: PhoneNumber, may_see_users: bool
    ) -> None:
        number.user = UserFactory(username="alice")
        number.save()
        rights = ["view_phonenumber", "view_verification", "view_delivery"]
        text = staff_with(*rights, *["view_user"] * may_see_users).get(url(number)).text
        link = f'<a href="/admin/auth/user/{number.user.pk}/change/">alice</a>'
        assert "alice" in text
        assert (link in text) is may_see_users


class TestOwner:
    def test_is_a_name_where_admin_has_no_users(self, number: PhoneNumber) -> None:
        number.user = UserFactory(username="alice")
        number.save()
        request = RequestFactory().get("/")
        request.user = UserFactory(is_superuser=True)
        site = AdminSite(name="support")
        assert pages.owner_of(site, number, request) == pages.Owner("alice")

    def test_is_found_where_the_host_keeps_it(
        self, page: Page, number: PhoneNumber, settings: Any
    ) -> None:
        UserFactory(username="dora")
        assert "dora" not in page.text(number)
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.HostsAccounts"
        assert "<dd>dora</dd>" in page.text(number)

    def test_is_no_column_of_the_list_then(
        self, staff_client: Client, number: PhoneNumber, settings: Any
    ) -> None:
        listed = "/admin/sms_verification/phonenumber/"
        assert "column-owner" in staff_client.get(listed).text
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.HostsAccounts"
        assert "column-owner" not in staff_client.get(listed).text


class TestPages:
    @pytest.fixture
    def many(self, number: PhoneNumber) -> list[Any]:
        rows = [
            attempt(number, created_at=ago(hours=h), expires_at=NOW + timedelta(days=9))
            for h in range(2 * PAGE + 3)
        ]
        for row in rows:
            DeliveryFactory(verification=row, requested_at=row.created_at)
        return rows

    def shown(self, text: str) -> list[str]:
        return re.findall(r'id="v-([0-9a-f-]+)"', text)

    def test_lead_through_all_that_there_is(
        self, staff_client: Client, number: PhoneNumber, many: list[Any]
    ) -> None:
        address, seen = url(number), []
        for count in (PAGE, PAGE, 3):
            text = staff_client.get(address).text
            assert len(self.shown(text)) == count
            seen += self.shown(text)
            link = re.search(r'href="([^"]+)" rel="next"', text)
            address = link[1] if link else ""
        assert address == ""
        assert seen == [str(row.pk) for row in many]

    def test_lose_nothing_that_happened_between_attempts(
        self, staff_client: Client, number: PhoneNumber, many: list[Any]
    ) -> None:
        hours = range(2 * PAGE + 3)
        at = [ago(hours=h + 0.5) for h in hours]
        entries = LogEntry.objects.bulk_create(
            LogEntry(
                user=UserFactory(),
                content_type=ContentType.objects.get_for_model(PhoneNumber),
                object_id=str(number.pk),
                action_flag=CHANGE,
                action_time=moment,
                change_message=f"Blocked, {i}.",
            )
            for i, moment in enumerate(at)
        )
        told, first = [], None
        for _page in range(3):
            read = records.read(number, first)
            titles = [event.title for event in read.events(NOW, full=False)]
            told += [title for title in titles if title.startswith("Blocked")]
            first = Verification.objects.get(pk=read.older) if read.older else None
        assert sorted(told) == sorted(entry.change_message for entry in entries)

    def test_tell_a_refusal_on_one_page_alone(
        self, number: PhoneNumber, many: list[Any]
    ) -> None:
        refusals._note(ALICE, Refusal(ago(hours=3), "start", "login", "send_limited"))
        for first, told in ((None, 1), (many[PAGE], 0)):
            events = records.read(number, first).events(NOW, full=False)
            refused = [e for e in events if e.title.endswith("refused")]
            assert len(refused) == told

    @pytest.mark.parametrize("upto", ["x", "00000000-0000-7000-8000-000000000000"])
    def test_begin_with_no_attempt_that_is_not_the_numbers(
        self, staff_client: Client, number: PhoneNumber, upto: str
    ) -> None:
        assert staff_client.get(url(number), {"upto": upto}).status_code == 404
        other = VerificationFactory()
        answer = staff_client.get(url(number), {"upto": str(other.pk)})
        assert answer.status_code == 404

    def test_cost_the_same_with_more_on_them(
        self,
        staff_client: Client,
        number: PhoneNumber,
        many: list[Any],
        django_assert_max_num_queries: Any,
    ) -> None:
        # Session, staff, their permissions in two, number, its owner, attempts,
        # deliveries, staff's entries and their type, which is kept from then on.
        with django_assert_max_num_queries(10):
            staff_client.get(url(number))
        Delivery.objects.all().delete()
        with django_assert_max_num_queries(10):
            staff_client.get(url(number))
