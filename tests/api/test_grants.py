"""Who is let in gets what LOGIN_WITH says, and no other site can make it happen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.test import Client
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework_simplejwt.tokens import RefreshToken

from sms_verification import proofs
from sms_verification.accounts import LinkedAccounts
from sms_verification.api.scenarios import PhoneNumberView
from sms_verification.models import PhoneNumber, Verification
from sms_verification.transactions import Lost
from tests.api.conftest import Post, signed_in
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory
from tests.phones import ALICE, BOB, mistyped, right_code

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse 7 battery"
WITH_CSRF = ["session", "tests.api.test_grants.badge"]
WITHOUT_CSRF = ["token", "jwt", "tests.api.test_grants.exempt_badge"]


def badge(request: Any, user: Any) -> dict[str, Any]:
    return {"badge": user.pk}


def losing(request: Any, user: Any) -> dict[str, Any]:
    raise Lost


@csrf_exempt
def exempt_badge(request: Any, user: Any) -> dict[str, Any]:
    return {"badge": user.pk}


def evidence(purpose: str, number: str = ALICE, **more: Any) -> dict[str, str]:
    row, _ = PhoneNumber.objects.get_or_create(number=number)
    pending = VerificationFactory(purpose=purpose, phone_number=row, **more)
    return {"verification": str(pending.pk), "code": right_code(pending.pk)}


class TestGrant:
    def test_of_a_token_works(self, settings: Any, post: Post, client: Client) -> None:
        settings.SMS_VERIFICATION_LOGIN_WITH = "token"
        response = post("register/", evidence("register"))
        user = User.objects.get()
        assert response.status_code == 201
        assert response.json() == {
            "user": {"id": user.pk},
            "token": Token.objects.get(user=user).key,
        }
        assert signed_in(client) is None
        assert user.last_login is not None

    def test_of_jwt_names_the_user(
        self, settings: Any, post: Post, client: Client
    ) -> None:
        settings.SMS_VERIFICATION_LOGIN_WITH = "jwt"
        answer = post("register/", evidence("register")).json()
        assert sorted(answer) == ["access", "refresh", "user"]
        refresh = RefreshToken(answer["refresh"])
        refresh.check_blacklist()
        assert str(refresh["user_id"]) == str(User.objects.get().pk)
        assert signed_in(client) is None

    @pytest.mark.parametrize("name", ["badge", "exempt_badge"])
    def test_of_a_callable_is_its_answer(
        self, settings: Any, post: Post, name: str
    ) -> None:
        settings.SMS_VERIFICATION_LOGIN_WITH = f"tests.api.test_grants.{name}"
        answer = post("register/", evidence("register")).json()
        pk = User.objects.get().pk
        assert answer == {"user": {"id": pk}, "badge": pk}

    def test_that_never_gets_through_lets_nobody_in(
        self, settings: Any, post: Post, client: Client
    ) -> None:
        settings.SMS_VERIFICATION_LOGIN_WITH = "tests.api.test_grants.losing"
        response = post("register/", evidence("register"))
        assert (response.status_code, response.json()["code"]) == (400, "invalid_code")
        assert signed_in(client) is None

    @pytest.mark.parametrize("route", ["login", "register"])
    def test_of_a_session_cycles_its_key(
        self, client: Client, post: Post, route: str
    ) -> None:
        """A40."""
        body = evidence(route)
        if route == "login":
            PhoneNumber.objects.update(user=UserFactory())
        session = client.session
        session["cart"] = 1
        session.save()
        client.cookies["sessionid"] = planted = session.session_key
        assert post(f"{route}/", body).status_code in {200, 201}
        assert client.session["cart"] == 1
        assert client.session.session_key != planted
        assert signed_in(client) == User.objects.get()


class TestLookedAtFirst:
    """A host whose new users wait for its approval."""

    @pytest.mark.parametrize("kind", ["session", "token", "jwt"])
    def test_is_not_let_in(
        self, settings: Any, post: Post, client: Client, kind: str
    ) -> None:
        settings.SMS_VERIFICATION_LOGIN_WITH = kind
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.Waiting"
        response = post("register/", evidence("register"))
        assert response.status_code == 201
        assert response.json() == {"user": {"id": User.objects.get().pk}}
        assert signed_in(client) is None


class Waiting(LinkedAccounts):
    def build_user(self, number: PhoneNumber) -> Any:
        user: Any = super().build_user(number)
        user.is_active = False
        return user


class TestCsrf:
    """A40."""

    def _post(self, route: str, user: Any = None, **more: str) -> Any:
        client = Client(enforce_csrf_checks=True)
        if user:
            client.force_login(user)
        client.cookies["csrftoken"] = "a" * 32
        return client.post(
            f"/sms/{route}/", "{}", content_type="application/json", headers=more
        )

    @pytest.mark.parametrize("kind", WITH_CSRF)
    @pytest.mark.parametrize("route", ["login", "register", "phone-number"])
    def test_is_demanded_where_a_cookie_may_come_of_it(
        self, settings: Any, kind: str, route: str
    ) -> None:
        settings.SMS_VERIFICATION_LOGIN_WITH = kind
        assert self._post(route, UserFactory()).status_code == 403
        assert self._post(route, UserFactory(), x_csrftoken="a" * 32).status_code == 400
        assert self._post(route).status_code == 403
        anonymous = self._post(route, x_csrftoken="a" * 32).status_code
        assert anonymous == (403 if route == "phone-number" else 400)

    @pytest.mark.parametrize("kind", WITHOUT_CSRF)
    @pytest.mark.parametrize("route", ["login", "register"])
    def test_is_not_demanded_of_the_anonymous_elsewhere(
        self, settings: Any, kind: str, route: str
    ) -> None:
        settings.SMS_VERIFICATION_LOGIN_WITH = kind
        assert self._post(route).status_code == 400

    @pytest.mark.parametrize("route", ["login", "register", "password-reset"])
    def test_a_form_of_another_site_is_no_json(self, post: Post, route: str) -> None:
        response = Client().post(f"/sms/{route}/", {"code": "123456"})
        assert response.status_code == 415


class TestRegister:
    def test_ignores_what_is_not_asked_for(self, post: Post) -> None:
        """A30, A32."""
        bob = UserFactory()
        body = {
            **evidence("register"),
            "id": bob.pk,
            "user": bob.pk,
            "is_staff": True,
            "is_superuser": True,
            "phone_verified": True,
            "purpose": "login",
            "phone_number": BOB,
        }
        assert post("register/", body).status_code == 201
        user = User.objects.exclude(pk=bob.pk).get()
        assert (user.is_staff, user.is_superuser) == (False, False)
        assert [n.user for n in PhoneNumber.objects.all()] == [user]
        assert PhoneNumber.objects.get().number == ALICE

    def test_of_a_taken_name_is_no_error_of_ours(self, post: Post) -> None:
        """A33."""
        UserFactory(username="taken")
        body = {**evidence("register"), "username": "taken"}
        response = post("register/", body)
        assert (response.status_code, response.json()["code"]) == (
            400,
            "invalid_fields",
        )
        again = {"proof": response.json()["proof"], "username": "free"}
        assert post("register/", again).status_code == 201

    def test_of_an_owned_number_logs_in_by_the_proof(
        self, post: Post, alice: Any, client: Client
    ) -> None:
        """A33."""
        response = post("register/", evidence("register"))
        assert response.status_code == 409
        assert response.json()["code"] == "phone_number_taken"
        assert signed_in(client) is None
        assert post("login/", {"proof": response.json()["proof"]}).status_code == 200
        assert signed_in(client) == alice


class Generous(LinkedAccounts):
    def may_take_over(self, number: PhoneNumber, owner: Any) -> bool:
        return True


class TestTakeover:
    """A38: the number of an idle account is had by who says so."""

    @pytest.fixture(autouse=True)
    def _generous(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.Generous"

    @pytest.mark.parametrize("given", [{}, {"not_my_account": False}])
    def test_by_a_registration(
        self, post: Post, alice: Any, given: dict[str, bool]
    ) -> None:
        response = post("register/", {**evidence("register"), **given})
        assert response.json()["code"] == "phone_number_taken"
        again = {"proof": response.json()["proof"], "not_my_account": True}
        assert post("register/", again).status_code == 201
        assert PhoneNumber.objects.get().user != alice

    @pytest.mark.parametrize("given", [{}, {"not_my_account": False}])
    def test_by_a_change(
        self, client: Client, post: Post, alice: Any, given: dict[str, bool]
    ) -> None:
        bob = UserFactory()
        bob.set_password(PASSWORD)
        bob.save()
        client.force_login(bob)
        shown = {**evidence("change_phone", user=bob), "password": PASSWORD}
        response = post("phone-number/", {**shown, **given})
        assert response.json()["code"] == "phone_number_taken"
        proof = {"proof": response.json()["proof"], "password": PASSWORD}
        again = {**proof, "not_my_account": True}
        assert post("phone-number/", again).status_code == 200
        assert PhoneNumber.objects.get().user == bob


BAD = [
    {},
    {"code": "123456", "proof": "x"},
    {"code": 123456},
    {"proof": 1},
    {"proof": "x" * 201},
    {"code": "123456", "verification": True},
    {"code": "123456", "password": 12345678},
    {"code": "123456", "password": "x" * 4097},
]
WEAK = "django.contrib.auth.password_validation.MinimumLengthValidator"


class TestStrictInput:
    @pytest.mark.parametrize("route", ["register/", "password-reset/", "phone-number/"])
    @pytest.mark.parametrize("number", range(len(BAD)))
    def test_spends_nothing(
        self, post: Post, client: Client, route: str, number: int
    ) -> None:
        client.force_login(UserFactory())
        purpose = {"register/": "register", "password-reset/": "reset_password"}
        pending = evidence(purpose.get(route, "change_phone"))
        body = {"verification": pending["verification"], **BAD[number]}
        if "code" in body and body["code"] == "123456":
            body["code"] = pending["code"]
        body.setdefault("password", PASSWORD)
        response = post(route, body)
        assert response.status_code == 400
        assert "code" not in response.json() or response.json()["code"] != (
            "invalid_code"
        )
        row = Verification.objects.get()
        assert (row.approved_at, row.checks_left) == (None, 5)

    @pytest.mark.parametrize("route", ["register/", "password-reset/"])
    def test_a_proof_in_the_address_is_none(self, post: Post, route: str) -> None:
        """A39: an address stands in logs."""
        purpose = "register" if route == "register/" else "reset_password"
        pk = VerificationFactory(purpose=purpose, approved_at=timezone.now()).pk
        response = post(f"{route}?proof={proofs.write(pk)}", {"password": PASSWORD})
        assert response.status_code == 400
        assert list(response.json()) == ["non_field_errors"]
        assert Verification.objects.get().used_at is None

    @pytest.mark.parametrize("route", ["register/", "password-reset/"])
    def test_a_weak_password_spends_nothing(
        self, settings: Any, post: Post, route: str
    ) -> None:
        settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": WEAK}]
        purpose = "register" if route == "register/" else "reset_password"
        response = post(route, {**evidence(purpose), "password": "short"})
        assert (response.status_code, list(response.json())) == (400, ["password"])
        row = Verification.objects.get()
        assert (row.approved_at, row.checks_left) == (None, 5)


class TestPhoneNumber:
    def _post(self, client: Client, body: dict[str, Any]) -> Any:
        text = json.dumps(body)
        return client.post("/sms/phone-number/", text, content_type="application/json")

    @pytest.mark.parametrize("kind", ["session", "token", "jwt"])
    def test_keeps_in_who_changed_it_and_nobody_else(
        self, settings: Any, kind: str
    ) -> None:
        settings.SMS_VERIFICATION_LOGIN_WITH = kind
        user = UserFactory()
        user.set_password(PASSWORD)
        user.save()
        PhoneNumberFactory(number=ALICE, user=user)
        mine, other = Client(), Client()
        mine.force_login(user)
        other.force_login(user)
        before = Token.objects.create(user=user).key
        refresh = RefreshToken.for_user(user)
        body = {**evidence("change_phone", BOB, user=user), "password": PASSWORD}
        response = self._post(mine, body)
        assert response.status_code == 200
        assert "*" in response.json()["phone_number"]
        assert signed_in(other) is None
        assert signed_in(mine) == user
        assert not Token.objects.filter(key=before).exists()
        with pytest.raises(Exception, match="blacklisted"):
            refresh.check_blacklist()
        if kind == "token":
            assert Token.objects.get().key == response.json()["token"]
        if kind == "jwt":
            RefreshToken(response.json()["refresh"]).check_blacklist()

    @pytest.mark.parametrize("kind", ["session", "token"])
    def test_of_who_came_with_a_token_leaves_another_s_session_alone(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        settings.SMS_VERIFICATION_LOGIN_WITH = kind
        monkeypatch.setattr(
            PhoneNumberView, "authentication_classes", [TokenAuthentication]
        )
        alice, bob = UserFactory(), UserFactory()
        bob.set_password(PASSWORD)
        bob.save()
        client = Client()
        client.force_login(alice)
        body = {**evidence("change_phone", BOB, user=bob), "password": PASSWORD}
        response = client.post(
            "/sms/phone-number/",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Token {Token.objects.create(user=bob).key}"},
        )
        assert response.status_code == 200
        assert signed_in(client) == alice

    def test_of_who_came_with_a_token_needs_no_cookie(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also where a login of ours answers with a session."""
        monkeypatch.setattr(
            PhoneNumberView, "authentication_classes", [TokenAuthentication]
        )
        user = UserFactory()
        user.set_password(PASSWORD)
        user.save()
        client = Client(enforce_csrf_checks=True)
        body = {**evidence("change_phone", BOB, user=user), "password": PASSWORD}
        response = client.post(
            "/sms/phone-number/",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Token {Token.objects.create(user=user).key}"},
        )
        assert response.status_code == 200
        assert PhoneNumber.objects.get(number=BOB).user == user
        assert not Token.objects.exists()


class TestSwitchedOff:
    @pytest.mark.parametrize(
        ("route", "purpose"),
        [
            ("login", "login"),
            ("register", "register"),
            ("password-reset", "reset_password"),
            ("phone-number", "change_phone"),
        ],
    )
    def test_says_so_whatever_is_sent(
        self, settings: Any, post: Post, client: Client, route: str, purpose: str
    ) -> None:
        client.force_login(UserFactory())
        settings.SMS_VERIFICATION_PURPOSES = {purpose: None}
        response = post(f"{route}/", {})
        assert (response.status_code, response.json()["code"]) == (
            400,
            "unknown_purpose",
        )


class TestFailedLogins:
    """A code to register signs in who has an account: guesses at it are counted."""

    @pytest.fixture
    def heard(self) -> Iterator[list[Any]]:
        heard: list[Any] = []

        def hear(sender: Any, credentials: dict[str, Any], **more: Any) -> None:
            heard.append(credentials)

        user_login_failed.connect(hear)
        yield heard
        user_login_failed.disconnect(hear)

    def test_are_told_of_a_wrong_code(self, post: Post, heard: list[Any]) -> None:
        shown = evidence("register")
        wrong = {**shown, "code": mistyped(shown["code"])}
        assert post("register/", wrong).status_code == 400
        assert [str(told["verification_id"]) for told in heard] == [
            shown["verification"]
        ]
        assert "proof" not in str(heard)

    def test_are_not_told_of_what_names_no_verification(
        self, post: Post, heard: list[Any]
    ) -> None:
        for body in ({"code": "123456"}, {"proof": "x"}):
            assert post("register/", body).status_code == 400
        assert heard == []
