"""From a person's request to the vendor's receipt, by the real SDKs over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sms_verification.models import Delivery, Verification
from sms_verification.receipts import paths
from sms_verification.simulators import faults
from sms_verification.simulators.receipts import Push
from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from sms_verification.simulators.testing import (
    sms_simulator,  # noqa: F401  # a fixture
    sms_simulator_server,  # noqa: F401
)
from tests.api.conftest import Post
from tests.phones import ALICE
from tests.providers.vendors import OPTIONS

pytestmark = pytest.mark.django_db

REGISTER = {"phone_number": ALICE, "purpose": "register"}
PROVIDERS = "sms_verification.providers"


@pytest.fixture(autouse=True)
def _vendors(settings: Any, sms_simulator_server: Server) -> None:  # noqa: F811
    endpoint = {"endpoint": sms_simulator_server.host}
    settings.SMS_VERIFICATION_PROVIDERS = {
        "aliyun": {
            "BACKEND": f"{PROVIDERS}.aliyun.AliyunProvider",
            "OPTIONS": {**OPTIONS["aliyun"], **endpoint},
        },
        "tencent": {
            "BACKEND": f"{PROVIDERS}.tencent.TencentProvider",
            "OPTIONS": {**OPTIONS["tencent"], **endpoint},
        },
    }
    settings.SMS_VERIFICATION_ROUTES = {"+": ["aliyun", "tencent"]}


@pytest.fixture
def vendors(sms_simulator: Simulator) -> Simulator:  # noqa: F811
    return sms_simulator


def start(post: Post) -> dict[str, Any]:
    answer = post("verifications/", REGISTER)
    assert answer.status_code == 201
    return dict(answer.json())


def pushed_to(alias: str) -> str:
    return f"/sms/receipts/{alias}/{paths.current_secret(alias)}/"


def bring(push: Push) -> None:
    """Let the vendor's request reach the site."""
    kind = push.headers["Content-Type"]
    answer = Client().post(push.url, push.body, content_type=kind)
    assert answer.status_code == 200


class JourneyTests:
    def test_of_a_code_ends_with_its_receipt(
        self, post: Post, vendors: Simulator
    ) -> None:
        started = start(post)
        (message,) = vendors.aliyun.messages
        check = f"verifications/{started['id']}/check/"
        assert post(check, {"code": message.params["code"]}).status_code == 200
        bring(vendors.aliyun.report(pushed_to("aliyun"), message))
        delivery = Delivery.objects.get()
        assert (delivery.outcome, delivery.receipt) == ("accepted", "delivered")
        assert delivery.message_id == message.message_id

    def test_of_an_answer_that_was_lost_is_settled_by_the_receipt(
        self, post: Post, vendors: Simulator
    ) -> None:
        vendors.aliyun.fail(faults.drop())
        assert start(post)["delivery"] == "pending"
        assert vendors.tencent.messages == []
        assert Delivery.objects.get().outcome == "unknown"
        (message,) = vendors.aliyun.messages
        bring(vendors.aliyun.report(pushed_to("aliyun"), message))
        assert Delivery.objects.get().outcome == "accepted"

    def test_goes_by_the_second_vendor_while_the_first_is_out(
        self, post: Post, vendors: Simulator
    ) -> None:
        vendors.aliyun.fail(faults.vendor_error("isp.SYSTEM_ERROR"))
        assert start(post)["delivery"] == "accepted"
        (message,) = vendors.tencent.messages
        assert vendors.messages == [message]
        bring(vendors.tencent.report(pushed_to("tencent"), message))
        outcomes = Delivery.objects.order_by("requested_at").values_list(
            "provider", "outcome", "receipt"
        )
        assert list(outcomes) == [
            ("aliyun", "rejected", ""),
            ("tencent", "accepted", "delivered"),
        ]

    def test_is_over_where_the_vendor_limits_the_number(
        self, post: Post, vendors: Simulator, clock: Any
    ) -> None:
        limited = faults.vendor_error("isv.BUSINESS_LIMIT_CONTROL")
        vendors.aliyun.fail(limited, times=None)
        started = start(post)
        assert started["delivery"] == "failed"
        clock.shift(70)
        post(f"verifications/{started['id']}/resend/")
        assert vendors.tencent.posts == 0

    def test_ends_clearly_with_no_vendor_left(
        self, post: Post, vendors: Simulator
    ) -> None:
        for vendor in (vendors.aliyun, vendors.tencent):
            code = "isv.AMOUNT_NOT_ENOUGH"
            if vendor is vendors.tencent:
                code = "FailedOperation.InsufficientBalanceInSmsPackage"
            vendor.fail(faults.vendor_error(code), times=None)
        answer = post("verifications/", REGISTER)
        assert (answer.status_code, answer.json()["code"]) == (503, "delivery_failed")
        vendors.aliyun.heal()
        assert start(post)["delivery"] == "accepted"
        assert Verification.objects.count() == 2
