from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from sms_verification.models import Delivery, PhoneNumber, Verification
from tests.admin.conftest import VIEW
from tests.factories import (
    DeliveryFactory,
    PhoneNumberFactory,
    UserFactory,
)
from tests.phones import ALICE, right_code

pytestmark = pytest.mark.django_db

MODELS = ["phonenumber", "verification", "delivery"]


def _rows(delivery: Delivery) -> dict[str, Any]:
    verification = delivery.verification
    number = verification.phone_number
    return {"phonenumber": number, "verification": verification, "delivery": delivery}


def _url(name: str, what: str, *args: Any) -> str:
    return reverse(f"admin:sms_verification_{name}_{what}", args=args)


def _lists() -> list[str]:
    return [_url(name, "changelist") for name in MODELS]


def _pages(delivery: Delivery) -> list[str]:
    """The address of every page there is."""
    pages = [
        reverse("admin:index"),
        reverse("admin:app_list", args=["sms_verification"]),
        reverse("admin:sms_verification_search"),
        *_lists(),
    ]
    for name, row in _rows(delivery).items():
        pages += [_url(name, what, row.pk) for what in ("change", "history")]
    return pages


class TestRegistration:
    @pytest.mark.parametrize("model", [PhoneNumber, Verification, Delivery])
    def test_passes_the_checks_of_admin(self, model: Any) -> None:
        assert admin.site.get_model_admin(model).check() == []


class TestPages:
    def test_are_there_for_staff_who_may_view(
        self, staff_client: Client, delivery: Delivery
    ) -> None:
        for page in _pages(delivery):
            assert staff_client.get(page, follow=True).status_code == 200

    @pytest.mark.leaks_on_purpose  # who may do all sees full numbers
    def test_are_there_for_superusers(
        self, admin_client: Client, delivery: Delivery
    ) -> None:
        for page in _pages(delivery):
            assert admin_client.get(page, follow=True).status_code == 200

    def test_are_not_there_for_staff_without_a_permission(
        self, staff_with: Callable[..., Client], delivery: Delivery
    ) -> None:
        client = staff_with()
        assert [client.get(page).status_code for page in _lists()] == [403] * 3

    def test_are_not_there_for_anybody_else(
        self, client: Client, delivery: Delivery
    ) -> None:
        client.force_login(UserFactory())
        for page in _pages(delivery):
            assert client.get(page).status_code == 302
            assert client.get(page).headers["Location"].startswith("/admin/login/")

    def test_tell_neither_number_nor_code_nor_salt(
        self, staff_client: Client, delivery: Delivery
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
            response = staff_client.get(page, follow=True)
            shown = page + response.text + str(response.headers)
            assert [text for text in hidden if text in shown] == []

    def test_escape_what_a_client_calls_itself(
        self, staff_client: Client, delivery: Delivery
    ) -> None:
        """A43."""
        for page in _pages(delivery):
            response = staff_client.get(page, follow=True)
            assert "<script>alert(1)" not in response.text
        page = _url("verification", "change", delivery.verification.pk)
        assert (
            "&lt;script&gt;alert(1)&lt;/script&gt;"
            in staff_client.get(page, follow=True).text
        )

    def test_need_no_inline_script_or_style(
        self, blocking_client: Client, delivery: Delivery
    ) -> None:
        """They work under ``Content-Security-Policy: default-src 'self'``."""
        number = delivery.verification.phone_number.pk
        action = reverse("admin:sms_verification_block", args=[number])
        for page in [*_pages(delivery)[2:], action]:
            text = blocking_client.get(page, follow=True).text
            for inline in ("<style", " style=", "<script>", " onclick=", "data:"):
                assert inline not in text, page


class TestTheWayToATimeline:
    @pytest.mark.parametrize("name", ["verification", "delivery"])
    @pytest.mark.parametrize("what", ["change", "history"])
    def test_leads_from_a_row_to_its_place(
        self, staff_client: Client, delivery: Delivery, name: str, what: str
    ) -> None:
        row = _rows(delivery)[name]
        response = staff_client.get(_url(name, what, row.pk))
        assert response.status_code == 302
        number, attempt = delivery.verification.phone_number, delivery.verification
        address, anchor = response.headers["Location"].split("#")
        assert address == (
            f"{_url('phonenumber', 'change', number.pk)}?upto={attempt.pk}"
        )
        assert f'id="{anchor}"' in staff_client.get(address).text

    def test_leads_from_the_history_of_a_number(
        self, staff_client: Client, delivery: Delivery
    ) -> None:
        pk = delivery.verification.phone_number_id
        answer = staff_client.get(_url("phonenumber", "history", pk))
        assert answer.headers["Location"] == _url("phonenumber", "change", pk)

    @pytest.mark.parametrize("name", MODELS)
    def test_begins_with_each_row_of_a_list(
        self, staff_client: Client, delivery: Delivery, name: str
    ) -> None:
        link = f'href="{_url(name, "change", _rows(delivery)[name].pk)}"'
        assert link in staff_client.get(_url(name, "changelist")).text

    @pytest.mark.parametrize("missing", VIEW)
    def test_is_closed_without_a_permission_to_view(
        self, staff_with: Callable[..., Client], delivery: Delivery, missing: str
    ) -> None:
        client = staff_with(*(p for p in VIEW if p != missing))
        for name, row in _rows(delivery).items():
            page = _url(name, "change", row.pk)
            assert client.get(page).status_code == 403
            assert client.get(_url(name, "history", row.pk)).status_code == 403
            listed = client.get(_url(name, "changelist"))
            if listed.status_code == 200:
                assert page not in listed.text
                assert "sms-search" not in listed.text
        page = reverse("admin:sms_verification_search")
        assert client.get(page).status_code == 403
        assert client.post(page, {"text": "1"}).status_code == 403

    @pytest.mark.parametrize("name", MODELS)
    @pytest.mark.parametrize("pk", ["0", "x", "9" * 30, "../1"])
    def test_ends_where_there_is_nothing(
        self, staff_client: Client, name: str, pk: str
    ) -> None:
        for what in ("change", "history"):
            answer = staff_client.get(_url(name, what, pk))
            assert answer.status_code == 404
            assert not answer.cookies


class TestReadOnly:
    @pytest.mark.parametrize("name", MODELS)
    @pytest.mark.parametrize("what", ["change", "delete"])
    @pytest.mark.leaks_on_purpose  # who may do all sees full numbers
    def test_nothing_is_changed_or_deleted(
        self, admin_client: Client, delivery: Delivery, name: str, what: str
    ) -> None:
        row = _rows(delivery)[name]
        before = type(row).objects.values().get()
        page = _url(name, what, row.pk)
        data = {"post": "yes", "checks_left": 99, "failed_checks": 0, "purpose": "x"}
        assert admin_client.post(page, data).status_code == 403
        assert type(row).objects.values().get() == before

    @pytest.mark.parametrize("name", MODELS)
    def test_nothing_is_added(self, admin_client: Client, name: str) -> None:
        page = _url(name, "add")
        assert admin_client.get(page).status_code == 403
        assert admin_client.post(page, {"number": ALICE}).status_code == 403

    @pytest.mark.parametrize("name", MODELS)
    @pytest.mark.leaks_on_purpose  # who may do all sees full numbers
    def test_no_action_deletes(
        self, admin_client: Client, delivery: Delivery, name: str
    ) -> None:
        row = _rows(delivery)[name]
        data = {
            "action": "delete_selected",
            "_selected_action": [row.pk],
            "post": "yes",
        }
        admin_client.post(_url(name, "changelist"), data)
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
            "phonenumber/?day=today",
            "verification/?salt__startswith=x",
            "verification/?salt__gt=x",
            "verification/?key_id__startswith=0",
            "verification/?phone_number__number__startswith=%2B86138",
            "verification/?purpose__startswith=l",
            "verification/?_to_field=number",
            "delivery/?verification__salt__startswith=x",
            "delivery/?verification__phone_number__number__startswith=%2B86138",
            "delivery/?message_id__startswith=1",
        ],
    )
    def test_filters_in_the_address_are_refused(
        self, staff_client: Client, delivery: Delivery, query: str
    ) -> None:
        response = staff_client.get(f"/admin/sms_verification/{query}")
        assert response.status_code == 400

    def test_search_finds_no_number(
        self, staff_client: Client, delivery: Delivery
    ) -> None:
        PhoneNumberFactory(number="+8613900139000")
        for text in ("138001", "139001"):
            page = staff_client.get(f"/admin/sms_verification/phonenumber/?q={text}")
            assert page.text.count('class="field-masked_number"') == 2

    @pytest.mark.parametrize("name", MODELS)
    def test_lists_are_not_sorted_by_what_one_asks_for(
        self, staff_client: Client, name: str
    ) -> None:
        for i, purpose in enumerate(["login", "register"]):
            DeliveryFactory(
                verification__phone_number__failed_checks=i,
                verification__purpose=purpose,
                verification__checks_left=i,
                provider=f"provider{i}",
            )
        page = f"/admin/sms_verification/{name}/?o="
        orders = {
            tuple(
                row.pk for row in staff_client.get(page + o).context["cl"].result_list
            )
            for column in range(1, 7)
            for o in (f"{column}", f"-{column}", f"{column}.-1")
        }
        assert len(orders) == 1


class TestCost:
    @pytest.mark.parametrize("name", MODELS)
    def test_of_a_list_does_not_grow_with_its_rows(
        self, staff_client: Client, django_assert_num_queries: Any, name: str
    ) -> None:
        for _ in range(5):
            number = PhoneNumberFactory(user=UserFactory())
            DeliveryFactory(verification__phone_number=number)
        # Session, staff, their permissions in two, count, rows.
        with django_assert_num_queries(6) as made:
            staff_client.get(_url(name, "changelist"))
        read = " ".join(query["sql"] for query in made.captured_queries)
        assert "sms_verification" in read
        assert "salt" not in read
        assert "key_id" not in read
