"""Admin sites of the host's own, beside the default one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import include, path

from sms_verification.admin import DeliveryAdmin, PhoneNumberAdmin, VerificationAdmin
from sms_verification.models import Delivery, PhoneNumber, Verification
from tests.factories import VerificationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.admin.test_sites")]


@admin.display(description="device")
def device(verification: Verification) -> str:
    return f"by {verification.user_agent}"


class HostsVerificationAdmin(VerificationAdmin):
    list_display = [*VerificationAdmin.list_display, device]
    list_filter = [
        *VerificationAdmin.list_filter,
        "language",
        ("address", admin.EmptyFieldListFilter),
    ]


support = admin.AdminSite(name="support")
support.register(PhoneNumber, PhoneNumberAdmin)
support.register(Verification, HostsVerificationAdmin)
support.register(Delivery, DeliveryAdmin)

attempts = admin.AdminSite(name="attempts")
attempts.register(Verification, VerificationAdmin)

urlpatterns = [
    path("support/", support.urls),
    path("attempts/", attempts.urls),
    path("", include("tests.urls")),
]

LIST = "/support/sms_verification/verification/"


class TestAnotherSite:
    def test_is_never_left(self, blocking_client: Client, delivery: Delivery) -> None:
        attempt = delivery.verification
        number = f"/support/sms_verification/phonenumber/{attempt.phone_number_id}/"
        for page in (
            LIST,
            f"{LIST}{attempt.pk}/change/",
            "/support/sms_verification/phonenumber/search/",
            f"{number}change/",
            f"{number}block/",
        ):
            answer = blocking_client.get(page, follow=True)
            assert answer.status_code == 200
            links = re.findall(r'(?:href|action)="(/[^"]*)"', answer.text)
            assert any(link.startswith("/support/") for link in links)
            assert [link for link in links if link.startswith("/admin/")] == []


class TestASiteWithoutNumbers:
    def test_has_a_list_that_leads_nowhere(
        self, staff_client: Client, delivery: Delivery
    ) -> None:
        listed = "/attempts/sms_verification/verification/"
        page = staff_client.get(listed)
        assert page.status_code == 200
        assert "sms-search" not in page.text
        row = f"{listed}{delivery.verification.pk}/change/"
        assert row not in page.text
        assert staff_client.get(row).status_code == 403


class TestASubclass:
    def test_has_columns_of_its_own(
        self, staff_client: Client, delivery: Delivery
    ) -> None:
        assert "by &lt;script&gt;" in staff_client.get(LIST).text

    def test_has_filters_of_its_own(
        self, staff_client: Client, delivery: Delivery
    ) -> None:
        VerificationFactory(language="en")
        for query in ({"language": "zh-hans"}, {"address__isempty": "0"}):
            page = staff_client.get(LIST, query)
            assert list(page.context["cl"].result_list) == [delivery.verification]

    @pytest.mark.parametrize(
        "query", ["key_id=1", "languages=x", "phone_number__number__startswith=%2B86"]
    )
    def test_opens_no_other_column(self, staff_client: Client, query: str) -> None:
        assert staff_client.get(f"{LIST}?{query}").status_code == 400

    def test_opens_no_lookup_through_a_relation(
        self, staff_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hosts: Any = support.get_model_admin(Verification)
        monkeypatch.setattr(hosts, "list_filter", ["phone_number"])
        query = {"phone_number__number__startswith": "+86"}
        assert staff_client.get(LIST, query).status_code == 400
