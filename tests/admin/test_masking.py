from __future__ import annotations

import logging
import re
from collections.abc import Callable

import pytest
from django.test import Client
from hypothesis import given, reject
from hypothesis import strategies as st

from sms_verification import phone_numbers
from sms_verification.admin.masking import conceal
from sms_verification.exceptions import InvalidPhoneNumber
from sms_verification.models import Delivery
from tests.admin.conftest import VIEW
from tests.factories import UserFactory
from tests.phones import ALICE

PAGES = ["phonenumber/", "verification/", "delivery/"]


class TestConceal:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("alice", "alice"),
            ("13800138000", "138****00"),
            ("+8613800138000", "+86138****8000"),
            ("wechat_13800138000_x", "wechat_138****00_x"),
            ("called from 138-0013-8000 twice", "called from 138****00 twice"),
            ("１３８００１３８０００", "138****00"),
            ("+86 138 0013 8000", "+86138****8000"),
            ("since 2026-11-23", "since 2026-11-23"),
            ("2026-11-23 13800138000", "2026-11-23 138****00"),
            ("ticket 123456", "ticket 123456"),
            ("138\u20130013\u20138000", "138****00"),
            ("138\u22120013\u22128000", "138****00"),
            ("138\u200b0013\u200b8000", "138****00"),
            ("138·0013·8000, he says", "138****00, he says"),
            ("138_0013_8000", "138****00"),
            ("138,0013, 8000", "138****00"),
        ],
    )
    def test_masks_numbers_and_leaves_the_rest(self, text: str, shown: str) -> None:
        assert conceal(text) == shown

    @given(
        text=st.lists(
            st.sampled_from(
                ["", *" \t-./()\u00ad\u200b\u2010\u2013\u2212\u3000\uff0d"]
            ),
            min_size=11,
            max_size=11,
        ).map(lambda marks: "".join(map("".join, zip(marks, ALICE[3:], strict=True))))
    )
    def test_masks_whatever_is_taken_for_a_number(self, text: str) -> None:
        try:
            phone_numbers.parse(text, "CN")
        except InvalidPhoneNumber:
            reject()
        assert re.sub(r"\D", "", conceal(text)) == "13800"


@pytest.mark.django_db
class TestMasking:
    def numbers_in(self, client: Client, delivery: Delivery) -> list[bool]:
        pk = delivery.verification.phone_number.pk
        pages = [*PAGES, f"phonenumber/{pk}/change/"]
        answers = [client.get(f"/admin/sms_verification/{page}") for page in pages]
        assert [answer.status_code for answer in answers] == [200] * 4
        return [ALICE in answer.text for answer in answers]

    def test_holds_for_who_may_only_view(
        self, staff_client: Client, delivery: Delivery
    ) -> None:
        assert self.numbers_in(staff_client, delivery) == [False] * 4

    @pytest.mark.leaks_on_purpose
    def test_does_not_hold_for_who_may_see_numbers(
        self, staff_with: Callable[..., Client], delivery: Delivery
    ) -> None:
        client = staff_with(*VIEW, "view_full_number")
        assert self.numbers_in(client, delivery) == [True] * 4

    @pytest.mark.leaks_on_purpose
    def test_holds_in_logs_for_who_may_see_numbers(
        self,
        staff_with: Callable[..., Client],
        delivery: Delivery,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Django logs all of a page's context where a template misses a variable."""
        client = staff_with(*VIEW, "view_full_number", "block_phonenumber")
        with caplog.at_level(logging.DEBUG, logger="django"):
            self.numbers_in(client, delivery)
            pk = delivery.verification.phone_number.pk
            client.get(f"/admin/sms_verification/phonenumber/{pk}/block/")
            client.get("/admin/sms_verification/phonenumber/search/")
        missed = [
            str(record.getMessage())
            for record in caplog.records
            if record.name == "django.template"
        ]
        assert missed == []

    def test_holds_for_users_that_are_named_by_their_number(
        self, staff_client: Client, delivery: Delivery
    ) -> None:
        number, attempt = delivery.verification.phone_number, delivery.verification
        number.user.username = "u13800138000"
        number.user.save()
        attempt.user = UserFactory(username="8613900139000")
        attempt.save()
        for page in ("phonenumber/", f"phonenumber/{number.pk}/change/"):
            text = staff_client.get(f"/admin/sms_verification/{page}").text
            assert "u138****00" in text
            assert "13800138000" not in text
        assert "86139****9000" in text
        assert "13900139000" not in text
