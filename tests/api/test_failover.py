"""What a person gets while vendors are in trouble."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sms_verification import delivery
from sms_verification.models import Delivery, PhoneNumber
from sms_verification.types import SmsMessage
from tests.api.conftest import Post
from tests.phones import ALICE
from tests.vendors import accepting, crawling, refusing, silent

pytestmark = pytest.mark.django_db

REGISTER = {"phone_number": ALICE, "purpose": "register"}


@pytest.fixture
def by(settings: Any) -> Any:
    """Let numbers go by these vendors in turn."""

    def by(*vendors: dict[str, Any]) -> None:
        providers = {f"v{n}": vendor for n, vendor in enumerate(vendors)}
        settings.SMS_VERIFICATION_PROVIDERS = providers
        settings.SMS_VERIFICATION_ROUTES = {"+": list(providers)}

    return by


class FailoverTests:
    def test_the_code_comes_once_by_the_second_while_the_first_is_down(
        self, by: Any, post: Post, outbox: list[SmsMessage]
    ) -> None:
        by(refusing(), accepting(), accepting())
        started = post("verifications/", REGISTER)
        assert (started.status_code, started.json()["delivery"]) == (201, "accepted")
        (message,) = outbox
        path = f"verifications/{started.json()['id']}/check/"
        assert post(path, {"code": message.code}).status_code == 200

    def test_no_second_sms_leaves_where_one_may_have(
        self, by: Any, post: Post, outbox: list[SmsMessage]
    ) -> None:
        by(silent(), accepting())
        started = post("verifications/", REGISTER)
        assert (started.status_code, started.json()["delivery"]) == (201, "pending")
        assert outbox == []

    def test_no_vendor_goes_round_anothers_limit_of_a_number(
        self, by: Any, post: Post, clock: Any, outbox: list[SmsMessage]
    ) -> None:
        by(refusing("rate_limited"), accepting())
        started = post("verifications/", REGISTER)
        assert (started.status_code, started.json()["delivery"]) == (201, "failed")
        clock.shift(65)
        post(f"verifications/{started.json()['id']}/resend/")
        assert outbox == []

    def test_with_all_of_them_down_it_is_told_in_time_and_can_be_tried_again(
        self, by: Any, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(delivery, "ROUTE_DEADLINE", timedelta(milliseconds=30))
        by(*[crawling(0.02)] * 9)
        answer = post("verifications/", REGISTER)
        assert (answer.status_code, answer.json()["code"]) == (503, "delivery_failed")
        assert Delivery.objects.count() <= 2
        assert PhoneNumber.objects.get().sent_at == []
        assert post("verifications/", REGISTER).status_code == 503

    def test_who_hammers_meanwhile_is_refused_by_the_address(
        self, by: Any, post: Post, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["3/h"]}
        by(refusing())
        answers = [post("verifications/", REGISTER).status_code for _ in range(4)]
        assert answers == [503, 503, 503, 429]
