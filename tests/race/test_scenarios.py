"""Races of registrations, password resets and changes of number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection, connections
from django.http import HttpRequest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from sms_verification import number_changes, password_resets, proofs, registrations
from sms_verification.accounts import LinkedAccounts
from sms_verification.exceptions import (
    InvalidCode,
    InvalidFields,
    NoAccount,
    PhoneNumberTaken,
)
from sms_verification.messages import code_of
from sms_verification.models import PhoneNumber, Verification
from sms_verification.types import Evidence
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory
from tests.race.crowd import Call, Crowd
from tests.race.databases import Variant
from tests.race.server import Answer, Site

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"
NEW_PASSWORD = "staple of another kind"

Show = Callable[[Verification], Evidence]


def by_code(verification: Verification) -> Evidence:
    return Evidence(verification_id=verification.pk, code=code_of(verification))


def by_proof(verification: Verification) -> Evidence:
    now = timezone.now()
    Verification.objects.filter(pk=verification.pk).update(approved_at=now)
    return Evidence(proof=proofs.write(verification.pk))


def user_with(number: PhoneNumber | None = None, password: str = PASSWORD) -> Any:
    user = UserFactory.create()
    user.set_password(password)
    user.save()
    if number is not None:
        link(number, user)
    return user


def link(number: PhoneNumber, user: Any) -> None:
    PhoneNumber.objects.filter(pk=number.pk).update(
        user=user, verified_at=timezone.now() - timedelta(days=400)
    )


def afresh(user: Any) -> Any:
    """Return the user as another request has it."""
    return get_user_model().objects.get(pk=user.pk)


def for_change(user: Any, number: PhoneNumber) -> Verification:
    return VerificationFactory.create(
        phone_number=number, purpose="change_phone", user=user
    )


def change(shown: Evidence, user: Any, **more: Any) -> Call:
    more = {"password": PASSWORD, **more}
    return partial(number_changes.change, shown, afresh(user), None, **more)


def kinds(answers: Sequence[Any]) -> Counter[type]:
    return Counter(map(type, answers))


def numbers_of(user: Any) -> list[PhoneNumber]:
    return list(PhoneNumber.objects.filter(user=user))


@pytest.fixture
def compared(settings: Settings) -> list[str]:
    """Each password that was compared."""
    passwords: list[str] = []

    class Hasher(MD5PasswordHasher):
        def verify(self, password: str, encoded: str) -> bool:
            passwords.append(password)
            return super().verify(password, encoded)

    globals()["Hasher"] = Hasher
    settings.PASSWORD_HASHERS = [f"{__name__}.Hasher"]
    return passwords


class RegistrationsTests:
    def two(self, database: Variant, crowd: Crowd, show: Show) -> Iterator[list[Any]]:
        users = get_user_model().objects
        for repetition in range(database.repetitions):
            number = PhoneNumberFactory.create()
            pair = VerificationFactory.create_batch(2, phone_number=number)
            answers = crowd.run(
                [partial(registrations.register, show(v), None) for v in pair]
            )
            assert users.count() == repetition + 1
            number.refresh_from_db()
            assert number.user in answers
            yield answers

    def test_of_two_with_codes_of_one_number_one_makes_a_user(
        self, database: Variant, crowd: Crowd
    ) -> None:
        user = get_user_model()
        for answers in self.two(database, crowd, by_code):
            assert kinds(answers) == {user: 1, PhoneNumberTaken: 1}
            assert all(a.proof for a in answers if isinstance(a, PhoneNumberTaken))

    def test_of_two_with_proofs_of_one_number_one_makes_a_user(
        self, database: Variant, crowd: Crowd
    ) -> None:
        user = get_user_model()
        for answers in self.two(database, crowd, by_proof):
            # A proof that is looked at later is of before the number was somebody's.
            assert kinds(answers) - Counter([user]) in (
                {PhoneNumberTaken: 1},
                {InvalidCode: 1},
            )

    def test_of_two_with_one_name_the_other_can_choose_another(
        self, database: Variant, crowd: Crowd
    ) -> None:
        user = get_user_model()
        for repetition in range(database.repetitions):
            pair = VerificationFactory.create_batch(2)
            name = f"alice{repetition}"
            answers = crowd.run(
                [
                    partial(registrations.register, by_code(v), None, username=name)
                    for v in pair
                ]
            )
            assert kinds(answers) == {user: 1, InvalidFields: 1}
            [refused] = [a for a in answers if isinstance(a, InvalidFields)]
            assert refused.fields.keys() == {"username"}
            again = registrations.register(
                Evidence(proof=refused.proof), None, username=f"{name}_"
            )
            assert {n.user for n in PhoneNumber.objects.all()[repetition * 2 :]} == {
                again,
                *(a for a in answers if isinstance(a, user)),
            }


class ChangesTests:
    def test_of_two_users_with_one_new_number_one_gets_it(
        self, database: Variant, crowd: Crowd
    ) -> None:
        for _ in range(database.repetitions):
            wanted, *old = PhoneNumberFactory.create_batch(3)
            users = [user_with(number) for number in old]
            shown = [by_code(for_change(user, wanted)) for user in users]
            answers = crowd.run(list(map(change, shown, users)))
            assert kinds(answers) == {PhoneNumber: 1, PhoneNumberTaken: 1}
            won, lost = sorted((0, 1), key=lambda i: answers[i] != wanted)
            assert numbers_of(users[won]) == [wanted]
            assert numbers_of(users[lost]) == [old[lost]]
            assert afresh(users[lost]).password == users[lost].password

    @pytest.mark.parametrize("show", [by_code, by_proof])
    def test_of_one_user_with_two_new_numbers_one_is_linked(
        self, database: Variant, crowd: Crowd, show: Show
    ) -> None:
        for _ in range(database.repetitions):
            old, *wanted = PhoneNumberFactory.create_batch(3)
            user = user_with(old)
            shown = [show(for_change(user, number)) for number in wanted]
            answers = crowd.run([change(s, user) for s in shown])
            assert kinds(answers) == {PhoneNumber: 1, InvalidCode: 1}
            assert numbers_of(user)[0] in answers
            assert len(numbers_of(user)) == 1
            old.refresh_from_db()
            assert old.user is None

    def test_of_one_user_without_number_one_is_linked(
        self, database: Variant, crowd: Crowd
    ) -> None:
        for _ in range(database.repetitions):
            wanted = PhoneNumberFactory.create_batch(2)
            user = user_with()
            shown = [by_code(for_change(user, number)) for number in wanted]
            answers = crowd.run([change(s, user) for s in shown])
            assert kinds(answers) == {PhoneNumber: 1, InvalidCode: 1}
            assert numbers_of(user) == [a for a in answers if a in wanted]

    def test_two_users_who_swap_are_refused(
        self, database: Variant, crowd: Crowd
    ) -> None:
        for _ in range(database.repetitions):
            one, two = PhoneNumberFactory.create_batch(2)
            users = [user_with(one), user_with(two)]
            shown = [
                by_code(for_change(users[0], two)),
                by_code(for_change(users[1], one)),
            ]
            answers = crowd.run(list(map(change, shown, users)))
            assert kinds(answers) == {PhoneNumberTaken: 2}
            assert [numbers_of(user) for user in users] == [[one], [two]]

    def test_two_users_who_take_over_each_others_do_not_deadlock(
        self, database: Variant, crowd: Crowd, settings: Settings
    ) -> None:
        settings.SMS_VERIFICATION_DORMANT_AFTER = timedelta(days=90)
        for _ in range(database.repetitions):
            one, two = PhoneNumberFactory.create_batch(2)
            users = [user_with(one), user_with(two)]
            shown = [
                by_code(for_change(users[0], two)),
                by_code(for_change(users[1], one)),
            ]
            calls = [
                change(s, user, not_my_account=True)
                for s, user in zip(shown, users, strict=True)
            ]
            answers = crowd.run(calls)
            assert kinds(answers) == {PhoneNumber: 2}
            assert [numbers_of(user) for user in users] == [[two], [one]]


class Leaving:
    """A validator of passwords, while which something else happens."""

    call: Call

    def validate(self, password: str, user: Any = None) -> None:
        Leaving.call()

    def get_help_text(self) -> str:
        return ""


class ResetsTests:
    def test_of_two_with_one_proof_one_sets_the_password(
        self, database: Variant, crowd: Crowd
    ) -> None:
        for _ in range(database.repetitions):
            number = PhoneNumberFactory.create()
            user = user_with(number)
            shown = by_proof(for_reset(number))
            passwords = ["the first of two", "the other of two"]
            answers = crowd.run([reset(shown, password) for password in passwords])
            assert kinds(answers) == {type(user): 1, InvalidCode: 1}
            assert afresh(user).check_password(passwords[answers.index(user)])

    def test_one_of_a_number_that_leaves_meanwhile_is_refused(
        self, database: Variant, crowd: Crowd, settings: Settings
    ) -> None:
        old, new = PhoneNumberFactory.create_batch(2)
        user = user_with(old)
        Leaving.call = change(by_code(for_change(user, new)), user)
        settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": f"{__name__}.Leaving"}]
        [refused] = crowd.run([reset(by_proof(for_reset(old)), NEW_PASSWORD)])
        assert isinstance(refused, NoAccount)
        assert afresh(user).check_password(PASSWORD)
        assert numbers_of(user) == [new]

    @pytest.mark.parametrize("show", [by_code, by_proof])
    def test_none_is_undone_by_a_change_of_number(
        self, database: Variant, crowd: Crowd, show: Show
    ) -> None:
        for _ in range(database.repetitions):
            old, new = PhoneNumberFactory.create_batch(2)
            user = user_with(old)
            calls = [
                reset(show(for_reset(old)), NEW_PASSWORD),
                change(show(for_change(user, new)), user),
            ]
            was_reset, was_changed = crowd.run(calls)
            # Whichever was first, the other finds nothing to go by.
            if was_reset == user:
                assert isinstance(was_changed, InvalidCode | InvalidFields)
                assert afresh(user).check_password(NEW_PASSWORD)
                assert numbers_of(user) == [old]
            else:
                assert isinstance(was_reset, NoAccount | InvalidCode)
                assert was_changed == new
                assert afresh(user).check_password(PASSWORD)
                assert numbers_of(user) == [new]


class Interrupted(LinkedAccounts):
    """Between whose finding of a user and what comes next something else happens."""

    call: Call | None = None

    def may_enter(self, user: Any) -> bool:
        call, Interrupted.call = Interrupted.call, None
        if call:
            call()
        return super().may_enter(user)


def issue(request: HttpRequest, user: Any) -> dict[str, Any]:
    """Let a change of number begin, which is to wait until this is committed."""
    if issue.meanwhile:
        thread = Thread(target=issue.meanwhile)
        thread.start()
        thread.join(0.3)
        issue.waiting = thread
        assert thread.is_alive()
    return {"token": "a token"}


issue.csrf_exempt = True
issue.meanwhile = None


class TokensTests:
    """What is let in with no session, and would outlive a change of number."""

    @pytest.fixture(autouse=True)
    def _tokens(self, settings: Settings) -> None:
        settings.SMS_VERIFICATION_LOGIN_WITH = f"{__name__}.issue"
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.Interrupted"

    def login(self, number: PhoneNumber) -> Any:
        verification = VerificationFactory.create(phone_number=number, purpose="login")
        more = {"content_type": "application/json"}
        return Browser().post("/sms/login/", body(verification), **more)

    def test_none_is_issued_after_a_change_of_number(
        self, database: Variant, crowd: Crowd
    ) -> None:
        old, new = PhoneNumberFactory.create_batch(2)
        user = user_with(old)
        Interrupted.call = change(by_code(for_change(user, new)), user)
        [answer] = crowd.run([partial(self.login, old)])
        assert numbers_of(user) == [new]
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_code")

    def test_one_that_is_being_issued_is_there_for_a_change_to_end(
        self, database: Variant, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old, new = PhoneNumberFactory.create_batch(2)
        user = user_with(old)
        changed = change(by_code(for_change(user, new)), user)

        def meanwhile() -> None:
            changed()
            connections.close_all()

        monkeypatch.setattr(issue, "meanwhile", meanwhile)
        [answer] = crowd.run([partial(self.login, old)])
        assert answer.json()["token"] == "a token"
        issue.waiting.join()
        assert numbers_of(user) == [new]


class PasswordsTests:
    def test_of_50_guesses_beside_a_proof_five_are_compared(
        self, database: Variant, crowd: Crowd, compared: list[str]
    ) -> None:
        for _ in range(database.repetitions):
            user = user_with(PhoneNumberFactory.create())
            verification = for_change(user, PhoneNumberFactory.create())
            shown = by_proof(verification)
            compared.clear()
            answers = crowd.run(
                [change(shown, user, password=f"guess {n}") for n in range(50)]
            )
            assert kinds(answers).keys() <= {InvalidFields, InvalidCode}
            assert len(compared) == 5 or (database.refuses and len(compared) < 5)
            assert kinds(answers)[InvalidFields] == len(compared)
            verification.refresh_from_db()
            assert verification.checks_left == 5 - len(compared)


class ProcessesTests:
    REPETITIONS = 20

    def test_of_two_registrations_of_one_number_one_makes_a_user(
        self, site: Site, clients: Crowd
    ) -> None:
        users = get_user_model().objects
        for repetition in range(self.REPETITIONS):
            number = PhoneNumberFactory.create()
            pair = VerificationFactory.create_batch(2, phone_number=number)
            calls = [partial(site.post, "register/", body(v)) for v in pair]
            answers = clients.run(calls)
            assert tally(answers) == {(201, None): 1, (409, "phone_number_taken"): 1}
            assert users.count() == repetition + 1
            number.refresh_from_db()
            [won] = [answer for answer in answers if answer.status == 201]
            assert won.data == {"user": {"id": number.user_id}}

    def test_of_two_users_with_one_new_number_one_gets_it(
        self, site: Site, clients: Crowd
    ) -> None:
        for _ in range(self.REPETITIONS):
            wanted, *old = PhoneNumberFactory.create_batch(3)
            users = [user_with(number) for number in old]
            calls = [
                partial(
                    site.post,
                    "phone-number/",
                    {**body(for_change(user, wanted)), "password": PASSWORD},
                    session=session_of(user),
                )
                for user in users
            ]
            answers = clients.run(calls)
            assert tally(answers) == {(200, None): 1, (409, "phone_number_taken"): 1}
            won, lost = sorted((0, 1), key=lambda i: answers[i].status)
            assert numbers_of(users[won]) == [wanted]
            assert numbers_of(users[lost]) == [old[lost]]


@pytest.fixture(scope="module")
def clients() -> Iterator[Crowd]:
    crowd = Crowd(2)
    yield crowd
    crowd.close()


def for_reset(number: PhoneNumber) -> Verification:
    return VerificationFactory.create(phone_number=number, purpose="reset_password")


def reset(shown: Evidence, password: str) -> Call:
    return partial(password_resets.reset, shown, password, None)


def body(verification: Verification) -> dict[str, Any]:
    return {"verification": str(verification.pk), "code": code_of(verification)}


def tally(answers: Sequence[Answer]) -> Counter[tuple[int, str | None]]:
    return Counter((answer.status, answer.code) for answer in answers)


def session_of(user: Any) -> str:
    browser = Browser()
    browser.force_login(user, "sms_verification.backends.PhoneCodeBackend")
    connection.close()
    return browser.cookies["sessionid"].value
