from __future__ import annotations

import pytest
from django.test import Client, override_settings
from django.urls import include, path

from sms_verification.simulators import faults
from sms_verification.simulators.simulator import Simulator, simulator

urlpatterns = [path("simulators/", include("sms_verification.simulators.urls"))]

pytestmark = pytest.mark.urls(__name__)

ADDRESSES = ["/simulators/", "/simulators/2010-04-01/Accounts/AC1/Messages.json"]


class AccessTests:
    @pytest.mark.parametrize("address", ADDRESSES)
    def test_they_are_not_found_in_production(self, address: str) -> None:
        assert Client().post(address).status_code == 404

    @pytest.mark.parametrize("address", ADDRESSES)
    @override_settings(DEBUG=True)
    def test_they_answer_in_development(self, address: str) -> None:
        assert Client().post(address).status_code in {200, 401}

    @pytest.mark.parametrize("address", ADDRESSES)
    @override_settings(SMS_VERIFICATION_SIMULATORS=True)
    def test_they_answer_who_asks_for_them_by_name(self, address: str) -> None:
        assert Client().post(address).status_code in {200, 401}

    @override_settings(SMS_VERIFICATION_SIMULATORS="False")
    def test_what_is_not_true_asks_for_nothing(self) -> None:
        assert Client().post("/simulators/").status_code == 404

    @pytest.mark.parametrize("address", ADDRESSES)
    @override_settings(DEBUG=True)
    def test_they_have_no_page(self, address: str) -> None:
        assert Client().get(address).status_code == 404

    @override_settings(
        DEBUG=True,
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
        ],
    )
    def test_a_vendor_has_neither_session_nor_csrf_token(self) -> None:
        assert Client(enforce_csrf_checks=True).post("/simulators/").status_code == 200


class GatewayTests:
    @pytest.mark.parametrize(
        ("header", "action", "vendor"),
        [
            ("x-acs-action", "SendSms", "aliyun"),
            ("x-acs-action", "QuerySendDetails", "aliyun"),
            ("x-acs-action", "SendSmsVerifyCode", "dypns"),
            ("x-tc-action", "SendSms", "tencent"),
        ],
    )
    def test_a_vendor_is_told_by_its_headers(
        self, sms_simulator: Simulator, header: str, action: str, vendor: str
    ) -> None:
        Client().post("/simulators/", headers={header: action})
        assert getattr(sms_simulator, vendor).posts == 1

    def test_under_another_server_a_drop_is_an_error(
        self, sms_simulator: Simulator
    ) -> None:
        sms_simulator.tencent.fail(faults.drop(accepted=False))
        client = Client(raise_request_exception=False)
        assert client.post("/simulators/").status_code == 500


class SimulatorTests:
    def test_the_one_that_answers_is_the_one_of_the_fixture(
        self, sms_simulator: Simulator
    ) -> None:
        assert sms_simulator is simulator

    def test_reset_begins_anew(self, sms_simulator: Simulator) -> None:
        vendor = sms_simulator.aliyun
        vendor.account.sign_names.clear()
        vendor.fail(faults.drop(), times=None)
        Client(raise_request_exception=False).post(
            "/simulators/", headers={"x-acs-action": "SendSms"}
        )
        sms_simulator.reset()
        assert vendor.account.sign_names == {"模拟网站"}
        assert vendor.posts == 0
        response = Client().post("/simulators/", headers={"x-acs-action": "SendSms"})
        assert response.status_code == 400
