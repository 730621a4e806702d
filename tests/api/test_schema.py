from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import SimpleTestCase
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.authentication import BasicAuthentication
from rest_framework.throttling import BaseThrottle

from sms_verification.api.scenarios import LoginView
from sms_verification.api.views import VerificationViewSet
from tests import openapi, phones, vendors
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory

UNKNOWN = "019b8e07-4600-7e76-81e4-8d17494e5aff"


class SchemaTests(SimpleTestCase):
    def test_is_valid_and_without_a_warning(self):
        call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())

    def test_tells_that_an_id_is_a_uuid(self):
        paths = SchemaGenerator().get_schema(public=True)["paths"]
        (pk,) = paths["/sms/verifications/{id}/"]["get"]["parameters"]
        assert (pk["name"], pk["schema"]["format"]) == ("id", "uuid")

    def test_names_every_component_after_the_app(self):
        components = SchemaGenerator().get_schema(public=True)["components"]["schemas"]
        assert {
            name for name in components if not name.startswith("SmsVerification")
        } == set()

    def test_documents_every_route_with_every_status(self):
        paths = SchemaGenerator().get_schema(public=True)["paths"]
        documented = {
            (method, path): " ".join(sorted(operation["responses"]))
            for path, operations in paths.items()
            for method, operation in operations.items()
            if path.startswith("/sms/")
        }
        assert documented == {
            ("post", "/sms/verifications/"): "200 201 400 401 403 406 409 415 429 503",
            ("get", "/sms/verifications/{id}/"): "200 401 403 404 406 429",
            (
                "post",
                "/sms/verifications/{id}/resend/",
            ): "200 401 403 404 406 409 429 503",
            (
                "post",
                "/sms/verifications/{id}/check/",
            ): "200 400 401 403 406 415 429",
            ("post", "/sms/login/"): "200 400 401 403 404 406 415 429",
            ("post", "/sms/register/"): "201 400 401 403 406 409 415 429",
            ("post", "/sms/password-reset/"): "204 400 401 403 404 406 415 429",
            ("post", "/sms/phone-number/"): "200 400 401 403 406 409 415 429",
        }

    def test_a_host_without_drf_spectacular_never_imports_it(self):
        program = (
            "import sys, django\n"
            "from django.conf import settings\n"
            "settings.configure(SECRET_KEY='k', INSTALLED_APPS=['django.contrib.auth',"
            " 'django.contrib.contenttypes', 'rest_framework', 'sms_verification'],"
            " ROOT_URLCONF='sms_verification.urls')\n"
            "django.setup()\n"
            "from django.urls import reverse\n"
            "reverse('login')\n"
            "sys.exit('drf_spectacular' in sys.modules)"
        )
        subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ})


def in_an_hour():
    return timezone.now() + timedelta(hours=1)


class AlwaysTooMany(BaseThrottle):
    def allow_request(self, request, view):
        return False


@pytest.fixture(scope="module")
def schema():
    return openapi.load()


@pytest.fixture
def api(schema):
    return openapi.DocumentedClient(schema)


ROUTES = [
    ("POST", "/sms/verifications/", None),
    ("GET", "/sms/verifications/{id}/", UNKNOWN),
    ("POST", "/sms/verifications/{id}/resend/", UNKNOWN),
    ("POST", "/sms/verifications/{id}/check/", UNKNOWN),
    ("POST", "/sms/login/", None),
]
WITH_BODY = [ROUTES[0], ROUTES[3], ROUTES[4]]


@pytest.mark.django_db
class TestAnswersOfEveryRoute:
    """The client fails at an answer whose status or shape is not documented."""

    @pytest.mark.parametrize("route", ROUTES, ids=str)
    def test_wrong_credentials_are_401(self, api, monkeypatch, route):
        for view in (VerificationViewSet, LoginView):
            monkeypatch.setattr(view, "authentication_classes", [BasicAuthentication])
        answer = api.call(*route, headers={"Authorization": "Basic bm9ib2R5Og=="})
        assert answer.status_code == 401
        assert answer.json()["code"] == "authentication_failed"

    @pytest.mark.parametrize("route", ROUTES, ids=str)
    def test_wrong_credentials_are_403_where_sessions_come_first(self, api, route):
        answer = api.call(*route, headers={"Authorization": "Basic bm9ib2R5Og=="})
        assert answer.status_code == 403

    @pytest.mark.parametrize("route", ROUTES, ids=str)
    def test_another_language_than_json_is_406(self, api, route):
        answer = api.call(*route, headers={"Accept": "application/xml"})
        assert answer.status_code == 406

    @pytest.mark.parametrize("route", ROUTES, ids=str)
    def test_a_throttle_of_the_hosts_is_429(self, api, monkeypatch, route):
        for view in (VerificationViewSet, LoginView):
            monkeypatch.setattr(view, "throttle_classes", [AlwaysTooMany])
        answer = api.call(*route)
        assert answer.status_code == 429
        assert answer.json()["code"] == "throttled"

    @pytest.mark.parametrize("route", WITH_BODY, ids=str)
    def test_a_form_is_415(self, api, route):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = api.call(*route, headers=headers, data="code=123456")
        assert answer.status_code == 415

    @pytest.mark.parametrize("route", WITH_BODY, ids=str)
    def test_no_json_is_400(self, api, route):
        headers = {"Content-Type": "application/json"}
        answer = api.call(*route, headers=headers, data="{")
        assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")

    @pytest.mark.parametrize("route", WITH_BODY, ids=str)
    def test_a_list_instead_of_fields_is_400(self, api, route):
        answer = api.call(*route, body=[])
        assert answer.status_code == 400
        assert list(answer.json()) == ["non_field_errors"]


@pytest.mark.django_db
class TestAnswersToAStart:
    def test_first_is_201(self, api):
        assert api.start(phones.ALICE).status_code == 201

    def test_another_tab_is_200(self, api):
        api.start(phones.ALICE)
        assert api.start(phones.ALICE).status_code == 200

    def test_wrong_fields_are_400(self, api):
        answer = api.start("nobody", "nothing")
        assert answer.status_code == 400
        assert set(answer.json()) == {"phone_number", "purpose"}

    def test_a_landline_is_400(self, api):
        answer = api.start("+861065529988")
        assert answer.status_code == 400
        assert answer.json()["code"] == "unsupported_phone_number"

    def test_a_stranger_is_403(self, api):
        answer = api.start(phones.ALICE, "change_phone")
        assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_required")

    def test_too_many_are_429(self, schema, api):
        api.start(phones.ALICE)
        answer = openapi.DocumentedClient(schema).start(phones.ALICE)
        assert (answer.status_code, answer.json()["code"]) == (429, "send_limited")
        assert answer.headers["retry-after"] == [str(answer.json()["retry_after"])]

    def test_a_locked_number_is_429(self, api):
        PhoneNumberFactory(number=phones.ALICE, locked_until=in_an_hour())
        answer = api.start(phones.ALICE)
        assert (answer.status_code, answer.json()["code"]) == (429, "locked_out")

    def test_refusing_vendors_are_503(self, api, settings):
        settings.SMS_VERIFICATION_PROVIDERS = {"default": vendors.refusing()}
        answer = api.start(phones.ALICE)
        assert (answer.status_code, answer.json()["code"]) == (503, "delivery_failed")


@pytest.mark.django_db
class TestAnswersAboutAVerification:
    def test_status_is_200(self, api):
        pk = str(VerificationFactory().pk)
        assert api.status(pk).status_code == 200

    @pytest.mark.parametrize("pk", [UNKNOWN, "no-id", "a.b", "1%"])
    def test_unknown_is_404(self, api, pk):
        assert api.status(pk).status_code == 404
        assert api.resend(pk).status_code == 404

    def test_resend_is_200(self, api):
        pk = str(VerificationFactory().pk)
        assert api.resend(pk).status_code == 200

    def test_resend_of_a_dead_one_is_409(self, api):
        pk = str(VerificationFactory(checks_left=0).pk)
        assert api.resend(pk).status_code == 409

    def test_resend_at_once_is_429(self, api):
        pk = api.start(phones.ALICE).json()["id"]
        assert api.resend(pk).status_code == 429

    def test_resend_by_refusing_vendors_is_503(self, api, settings):
        settings.SMS_VERIFICATION_PROVIDERS = {"default": vendors.refusing()}
        pk = str(VerificationFactory().pk)
        assert api.resend(pk).status_code == 503


@pytest.mark.django_db
class TestAnswersToACheck:
    def test_right_is_200(self, api):
        pk = str(VerificationFactory().pk)
        assert api.check(pk, phones.right_code(pk)).status_code == 200

    @pytest.mark.parametrize("pk", [UNKNOWN, "no-id", "a.b"])
    def test_unknown_is_400(self, api, pk):
        answer = api.check(pk, "123456")
        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid_code"

    def test_wrong_is_400(self, api):
        pk = str(VerificationFactory().pk)
        answer = api.check(pk, phones.mistyped(phones.right_code(pk)))
        assert (answer.status_code, answer.json()["checks_left"]) == (400, 4)

    def test_of_a_locked_number_is_429(self, api):
        number = PhoneNumberFactory(locked_until=in_an_hour())
        pk = str(VerificationFactory(phone_number=number).pk)
        answer = api.check(pk, "123456")
        assert (answer.status_code, answer.json()["code"]) == (429, "locked_out")


@pytest.mark.django_db
class TestAnswersToALogin:
    def test_right_is_200(self, api):
        pk = self.begun(user=UserFactory())
        answer = api.login(verification=pk, code=phones.right_code(pk))
        assert answer.status_code == 200

    def test_wrong_is_400(self, api):
        pk = self.begun(user=UserFactory())
        answer = api.login(verification=pk, code="0000")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_code")

    def test_code_and_proof_are_400(self, api):
        assert api.login(code="123456", proof="a").status_code == 400

    def test_without_the_csrf_token_is_403(self, api):
        answer = api.post("/sms/login/", body={"code": "123456"}, csrf_token="")
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")

    def test_a_proof_of_nobodys_number_is_404(self, api):
        pk = self.begun(user=None)
        proof = api.check(pk, phones.right_code(pk)).json()["proof"]
        answer = api.login(proof=proof)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_account")

    def test_of_a_locked_number_is_429(self, api):
        pk = self.begun(user=UserFactory(), locked_until=in_an_hour())
        assert api.login(verification=pk, code="123456").status_code == 429

    def begun(self, **number):
        phone_number = PhoneNumberFactory(**number)
        return str(VerificationFactory(phone_number=phone_number, purpose="login").pk)
