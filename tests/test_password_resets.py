"""From a proved number to a new password."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token
from rest_framework_simplejwt.token_blacklist.models import (
    BlacklistedToken,
    OutstandingToken,
)
from rest_framework_simplejwt.tokens import RefreshToken

from sms_verification import evidence, logins, password_resets, proofs
from sms_verification.accounts import LinkedAccounts
from sms_verification.exceptions import (
    InvalidCode,
    InvalidFields,
    NoAccount,
    PhoneNumberTaken,
    StepUpRequired,
)
from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import Evidence
from tests.api.conftest import signed_in
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory
from tests.phones import ALICE, BOB, mistyped, right_code

pytestmark = pytest.mark.django_db

OLD, NEW = "the old password 1", "correct horse 7 battery"
HOUR_AGO = timedelta(hours=1)


@pytest.fixture
def alice() -> User:
    user: User = UserFactory()
    user.set_password(OLD)
    user.save()
    PhoneNumberFactory(number=ALICE, user=user, verified_at=timezone.now() - HOUR_AGO)
    return user


@pytest.fixture
def shown(alice: User) -> Evidence:
    number = PhoneNumber.objects.get(number=ALICE)
    row = VerificationFactory(purpose="reset_password", phone_number=number)
    return Evidence(verification_id=row.pk, code=right_code(row.pk))


def proof_for(purpose: str) -> str:
    """Return what a thief has got from the owner, or the owner from a second SMS."""
    row = VerificationFactory(
        purpose=purpose,
        phone_number=PhoneNumber.objects.get(number=ALICE),
        approved_at=timezone.now(),
    )
    return proofs.write(row.pk)


def has(user: User, password: str) -> bool:
    return User.objects.get(pk=user.pk).check_password(password)


def unspent() -> bool:
    return Verification.objects.get().used_at is None


def use(settings: Any, kind: type[LinkedAccounts]) -> None:
    settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.{kind.__name__}"


class TestReset:
    def test_sets_the_password_once(self, shown: Evidence, alice: User) -> None:
        """A39."""
        assert password_resets.reset(shown, NEW, None) == alice
        assert has(alice, NEW)
        spent = Evidence(proof=proofs.write(Verification.objects.get().pk))
        for again in [shown, spent]:
            with pytest.raises(InvalidCode):
                password_resets.reset(again, OLD, None)
        assert has(alice, NEW)

    def test_writes_nothing_else_of_the_user(
        self, settings: Any, shown: Evidence, alice: User
    ) -> None:
        use(settings, Renamed)
        password_resets.reset(shown, NEW, None)
        assert User.objects.get(pk=alice.pk).first_name == "Alice"

    def test_ends_what_the_user_was_let_in_with(
        self, shown: Evidence, alice: User
    ) -> None:
        client, bob = Client(), UserFactory()
        client.force_login(alice)
        Token.objects.create(user=alice)
        theirs, bobs = RefreshToken.for_user(alice), RefreshToken.for_user(bob)
        Token.objects.create(user=bob)
        RefreshToken.for_user(alice).blacklist()
        password_resets.reset(shown, NEW, None)
        assert signed_in(client) is None
        assert [token.user for token in Token.objects.all()] == [bob]
        ended = BlacklistedToken.objects.values_list("token__jti", flat=True)
        assert theirs["jti"] in ended
        assert bobs["jti"] not in ended
        assert (len(ended), OutstandingToken.objects.count()) == (2, 3)

    def test_of_a_wrong_code_sets_nothing(self, shown: Evidence, alice: User) -> None:
        wrong = Evidence(
            verification_id=shown.verification_id, code=mistyped(shown.code)
        )
        with pytest.raises(InvalidCode) as caught:
            password_resets.reset(wrong, NEW, None)
        assert caught.value.checks_left == 4
        assert has(alice, OLD)

    def test_of_one_number_is_nothing_to_another_account(
        self, shown: Evidence, alice: User
    ) -> None:
        """A31: the code of A with the verification of B."""
        bob = UserFactory()
        number = PhoneNumberFactory(number=BOB, user=bob)
        other = VerificationFactory(purpose="reset_password", phone_number=number)
        code = right_code(other.pk)
        code = shown.code if shown.code != code else mistyped(code)
        with pytest.raises(InvalidCode):
            password_resets.reset(
                Evidence(verification_id=other.pk, code=code), NEW, None
            )
        assert not has(bob, NEW)
        assert has(alice, OLD)

    @pytest.mark.parametrize("purpose", ["login", "register", "change_phone"])
    def test_takes_no_code_for_another_purpose(
        self, shown: Evidence, alice: User, purpose: str
    ) -> None:
        """A8."""
        Verification.objects.update(purpose=purpose)
        pk = Verification.objects.get().pk
        with pytest.raises(InvalidCode):
            password_resets.reset(
                Evidence(verification_id=pk, code=right_code(pk)), NEW, None
            )
        assert Verification.objects.get().approved_at is None
        assert has(alice, OLD)

    @pytest.mark.parametrize("purpose", ["login", "register", "change_phone"])
    def test_takes_no_proof_for_another_purpose(
        self, shown: Evidence, alice: User, purpose: str
    ) -> None:
        """A39."""
        Verification.objects.update(purpose=purpose, approved_at=timezone.now())
        pk = Verification.objects.get().pk
        for goes_on in [False, True]:
            proof = proofs.write(pk, goes_on=goes_on)
            with pytest.raises(InvalidCode):
                password_resets.reset(Evidence(proof=proof), NEW, None)
        assert has(alice, OLD)

    def test_of_nobody_s_number_is_no_account(
        self, shown: Evidence, alice: User
    ) -> None:
        PhoneNumber.objects.update(user=None, verified_at=None)
        with pytest.raises(NoAccount) as caught:
            password_resets.reset(shown, NEW, None)
        assert unspent()
        LinkedAccounts().link(PhoneNumber.objects.get(), alice)
        # Proved before the link: it is no proof of being the one linked since.
        with pytest.raises(InvalidCode):
            password_resets.reset(Evidence(proof=caught.value.proof), NEW, None)

    def test_of_a_deleted_user_s_number_is_no_account(
        self, shown: Evidence, alice: User
    ) -> None:
        """A37."""
        alice.delete()
        with pytest.raises(NoAccount):
            password_resets.reset(shown, NEW, None)

    def test_takes_a_better_password_with_the_proof(
        self, settings: Any, shown: Evidence, alice: User
    ) -> None:
        settings.AUTH_PASSWORD_VALIDATORS = [
            {
                "NAME": "django.contrib.auth.password_validation."
                "UserAttributeSimilarityValidator"
            }
        ]
        User.objects.update(username="alice-liddell")
        with pytest.raises(InvalidFields) as caught:
            password_resets.reset(shown, "alice-liddell", None)
        assert list(caught.value.fields) == ["password"]
        assert (unspent(), has(alice, OLD)) == (True, True)
        password_resets.reset(Evidence(proof=caught.value.proof), NEW, None)
        assert has(alice, NEW)

    def test_that_fails_leaves_all_as_it_was(
        self, settings: Any, shown: Evidence, alice: User
    ) -> None:
        use(settings, Raising)
        with pytest.raises(RuntimeError):
            password_resets.reset(shown, NEW, None)
        assert (unspent(), has(alice, OLD)) == (True, True)


class Renamed(LinkedAccounts):
    """The user changes the name while the password is set."""

    def find(self, number: PhoneNumber) -> Any:
        user = super().find(number)
        User.objects.update(first_name="Alice")
        return user


class Raising(LinkedAccounts):
    def revoke(self, user: Any) -> None:
        raise RuntimeError


class SecondFactor(LinkedAccounts):
    def needs_step_up(self, user: Any, purpose: str) -> bool:
        return purpose == "reset_password"


class TestAdmission:
    @pytest.mark.parametrize(
        "rights", [{"is_active": False}, {"is_staff": True}, {"is_superuser": True}]
    )
    def test_refuses_like_a_used_code(
        self, shown: Evidence, alice: User, rights: dict[str, bool]
    ) -> None:
        """A35."""
        User.objects.update(**rights)
        with pytest.raises(InvalidCode) as caught:
            password_resets.reset(shown, NEW, None)
        assert caught.value.checks_left == 0
        assert has(alice, OLD)

    @pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
    def test_takes_staff_where_that_is_allowed(
        self, settings: Any, shown: Evidence, alice: User, right: str
    ) -> None:
        """A35."""
        settings.SMS_VERIFICATION_ALLOW_STAFF = True
        User.objects.update(**{right: True})
        password_resets.reset(shown, NEW, None)
        assert has(alice, NEW)

    @pytest.mark.parametrize("purpose", ["login", "reset_password"])
    def test_ends_what_was_proved_before(self, shown: Evidence, purpose: str) -> None:
        """A39."""
        phished = proof_for(purpose)
        password_resets.reset(shown, NEW, None)
        thief: Any = {
            "login": lambda: logins.by_proof(phished),
            "reset_password": lambda: password_resets.reset(
                Evidence(proof=phished), "the thief's 1", None
            ),
        }
        with pytest.raises(InvalidCode):
            thief[purpose]()

    def test_gives_no_number_back_that_was_taken_away_meanwhile(
        self, shown: Evidence, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spend = evidence.spend

        def late(*args: Any) -> Any:
            PhoneNumber.objects.update(user=None, verified_at=None)
            return spend(*args)

        monkeypatch.setattr(evidence, "spend", late)
        with pytest.raises(NoAccount):
            password_resets.reset(shown, NEW, None)
        assert PhoneNumber.objects.get().user is None
        assert has(alice, OLD)

    def test_asks_for_the_second_factor(
        self, settings: Any, shown: Evidence, alice: User
    ) -> None:
        """A36."""
        use(settings, SecondFactor)
        with pytest.raises(StepUpRequired) as caught:
            password_resets.reset(shown, NEW, None)
        again = Evidence(proof=caught.value.proof)
        with pytest.raises(StepUpRequired):
            password_resets.reset(again, NEW, None)
        assert (unspent(), has(alice, OLD)) == (True, True)
        with pytest.raises(StepUpRequired):
            password_resets.reset(again, NEW, None, stepped_up=UserFactory().pk)
        password_resets.reset(again, NEW, None, stepped_up=alice.pk)
        assert has(alice, NEW)

    @pytest.mark.parametrize(("days", "refused"), [(89, False), (91, True)])
    def test_refuses_an_idle_account(
        self, settings: Any, shown: Evidence, alice: User, days: int, refused: bool
    ) -> None:
        """A38."""
        settings.SMS_VERIFICATION_DORMANT_AFTER = timedelta(days=90)
        then = timezone.now() - timedelta(days=days)
        User.objects.update(last_login=then)
        PhoneNumber.objects.update(verified_at=then)
        if refused:
            with pytest.raises(StepUpRequired):
                password_resets.reset(shown, NEW, None)
        else:
            password_resets.reset(shown, NEW, None)
        assert has(alice, OLD) is refused


class Racing(LinkedAccounts):
    """Somebody has the number just before it is linked anew."""

    def link(self, number: PhoneNumber, user: Any) -> None:
        raise PhoneNumberTaken


def test_a_number_that_somebody_else_gets_meanwhile_sets_no_password(
    settings: Any, shown: Evidence, alice: User
) -> None:
    use(settings, Racing)
    with pytest.raises(InvalidCode):
        password_resets.reset(shown, NEW, None)
    assert (unspent(), has(alice, OLD)) == (True, True)
