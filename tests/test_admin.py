from __future__ import annotations

import base64
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from sms_verification.models import Delivery, PhoneNumber, Verification
from tests.factories import (
    DeliveryFactory,
    PhoneNumberFactory,
    UserFactory,
    VerificationFactory,
)
from tests.phones import ALICE, right_code

pytestmark = pytest.mark.django_db

MODELS = ["phonenumber", "verification"]


@pytest.fixture
def delivery() -> Delivery:
    number = PhoneNumberFactory(
        number=ALICE, user=UserFactory(username="alice"), block_reason="A complaint."
    )
    verification = VerificationFactory(
        phone_number=number,
        address="203.0.113.9",
        user_agent="<script>alert(1)</script>",
        language="zh-hans",
    )
    return DeliveryFactory(
        verification=verification,
        provider="backup",
        reason="balance",
        vendor_code="isv.OUT",
    )


def _rows(delivery: Delivery) -> dict[str, Any]:
    verification = delivery.verification
    return {"phonenumber": verification.phone_number, "verification": verification}


def _pages(delivery: Delivery) -> list[str]:
    """The address of every page there is."""
    pages = [
        reverse("admin:index"),
        reverse("admin:app_list", args=["sms_verification"]),
    ]
    for name, row in _rows(delivery).items():
        prefix = f"admin:sms_verification_{name}"
        pages.append(reverse(f"{prefix}_changelist"))
        pages += [
            reverse(f"{prefix}_{p}", args=[row.pk]) for p in ("change", "history")
        ]
    return pages


class TestPages:
    def test_are_there_for_staff(
        self, admin_client: Client, delivery: Delivery
    ) -> None:
        for page in _pages(delivery):
            assert admin_client.get(page).status_code == 200

    def test_are_there_for_staff_who_may_view(
        self, client: Client, delivery: Delivery
    ) -> None:
        staff = UserFactory(is_staff=True)
        client.force_login(staff)
        lists = [reverse(f"admin:sms_verification_{m}_changelist") for m in MODELS]
        assert [client.get(page).status_code for page in lists] == [403, 403]
        rights = Permission.objects.filter(
            codename__in=["view_phonenumber", "view_verification", "view_delivery"]
        )
        staff.user_permissions.set(rights)
        assert [client.get(page).status_code for page in lists] == [200, 200]

    def test_are_not_there_for_anybody_else(
        self, client: Client, delivery: Delivery
    ) -> None:
        client.force_login(UserFactory())
        for page in _pages(delivery):
            assert client.get(page).status_code == 302

    def test_tell_neither_number_nor_code_nor_salt(
        self, admin_client: Client, delivery: Delivery
    ) -> None:
        salt = bytes(delivery.verification.salt)
        hidden = [
            ALICE,
            ALICE[3:],
            right_code(delivery.verification.pk),
            salt.hex(),
            base64.b64encode(salt).decode(),
            repr(salt)[2:-1],
            delivery.verification.key_id,
        ]
        for page in _pages(delivery):
            response = admin_client.get(page)
            shown = page + response.text + str(response.headers)
            assert [text for text in hidden if text in shown] == []

    def test_tell_what_staff_must_know(
        self, admin_client: Client, delivery: Delivery
    ) -> None:
        number, verification = (
            admin_client.get(page).text
            for page in (_pages(delivery)[3], _pages(delivery)[6])
        )
        for text in ("+86138****8000", "alice", "A complaint."):
            assert text in number
        for text in ("+86138****8000", "pending", "203.0.113.9", "zh-hans"):
            assert text in verification
        for text in ("backup", "balance", "isv.OUT", "accepted"):
            assert text in verification

    def test_escape_what_a_client_calls_itself(
        self, admin_client: Client, delivery: Delivery
    ) -> None:
        """A43."""
        for page in _pages(delivery):
            assert "<script>alert(1)" not in admin_client.get(page).text
        page = admin_client.get(_pages(delivery)[6])
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


class TestReadOnly:
    @pytest.mark.parametrize("name", MODELS)
    @pytest.mark.parametrize("what", ["change", "delete"])
    def test_nothing_is_changed_or_deleted(
        self, admin_client: Client, delivery: Delivery, name: str, what: str
    ) -> None:
        row = _rows(delivery)[name]
        before = type(row).objects.values().get()
        page = reverse(f"admin:sms_verification_{name}_{what}", args=[row.pk])
        data = {"post": "yes", "checks_left": 99, "failed_checks": 0, "purpose": "x"}
        assert admin_client.post(page, data).status_code == 403
        assert type(row).objects.values().get() == before

    @pytest.mark.parametrize("name", MODELS)
    def test_nothing_is_added(self, admin_client: Client, name: str) -> None:
        page = reverse(f"admin:sms_verification_{name}_add")
        assert admin_client.get(page).status_code == 403
        assert admin_client.post(page, {"number": ALICE}).status_code == 403

    @pytest.mark.parametrize("name", MODELS)
    def test_no_action_deletes(
        self, admin_client: Client, delivery: Delivery, name: str
    ) -> None:
        page = reverse(f"admin:sms_verification_{name}_changelist")
        row = _rows(delivery)[name]
        data = {
            "action": "delete_selected",
            "_selected_action": [row.pk],
            "post": "yes",
        }
        admin_client.post(page, data)
        counts = [PhoneNumber.objects.count(), Verification.objects.count()]
        assert [*counts, Delivery.objects.count()] == [1, 1, 1]


class TestOracles:
    """What is masked in a page must not be told by which rows the page has."""

    @pytest.mark.parametrize(
        "query",
        [
            "phonenumber/?number__startswith=%2B86138",
            pytest.param(
                "phonenumber/?number=%2B8613800138000",
                marks=pytest.mark.leaks_on_purpose,
            ),
            "phonenumber/?sent_at__contains=1",
            "phonenumber/?user__password__startswith=pbkdf2",
            "verification/?salt__startswith=x",
            "verification/?salt__gt=x",
            "verification/?key_id__startswith=0",
            "verification/?phone_number__number__startswith=%2B86138",
            "verification/?_to_field=number",
        ],
    )
    def test_filters_in_the_address_are_refused(
        self, admin_client: Client, delivery: Delivery, query: str
    ) -> None:
        response = admin_client.get(f"/admin/sms_verification/{query}")
        assert response.status_code == 400

    def test_search_finds_no_number(
        self, admin_client: Client, delivery: Delivery
    ) -> None:
        PhoneNumberFactory(number="+8613900139000")
        for text in ("138001", "139001"):
            page = admin_client.get(f"/admin/sms_verification/phonenumber/?q={text}")
            assert page.text.count('class="field-masked"') == 2

    @pytest.mark.parametrize(
        ("name", "column"), [("phonenumber", 1), ("verification", 2)]
    )
    def test_lists_are_not_sorted_by_number(
        self, admin_client: Client, name: str, column: int
    ) -> None:
        for number in ("+8613800138001", "+8613800138002"):
            VerificationFactory(phone_number__number=number)
        page = f"/admin/sms_verification/{name}/?o="
        up, down = (
            [row.pk for row in admin_client.get(page + o).context["cl"].result_list]
            for o in (f"{column}", f"-{column}")
        )
        assert up == down


class TestCost:
    @pytest.mark.parametrize("name", MODELS)
    def test_of_a_list_does_not_grow_with_its_rows(
        self, admin_client: Client, django_assert_num_queries: Any, name: str
    ) -> None:
        page = reverse(f"admin:sms_verification_{name}_changelist")
        for _ in range(5):
            VerificationFactory(phone_number__user=UserFactory())
        with django_assert_num_queries(4):  # session, staff, count, rows
            admin_client.get(page)
