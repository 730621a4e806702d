"""The four flows, for each kind of sign-in and of user, against a running server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest

from tests.http.conftest import WITH_SESSIONS
from tests.http.person import SHOWN, Person
from tests.race.crowd import Crowd
from tests.race.server import Answer

PASSWORD = "correct horse battery"
NEW_PASSWORD = "staple of another kind"

People = Callable[[], Person]


def name_of(number: str) -> str:
    return f"user{number[1:]}"


def register(person: Person, number: str, **more: str) -> int:
    body = {**person.prove(number, "register"), **more}
    answer = person.post("register/", body)
    assert answer.status == 201, answer
    user_id: int = answer.data["user"]["id"]
    return user_id


def log_in(person: Person, number: str, shown: str = "code") -> int:
    answer = person.post("login/", person.prove(number, "login", shown))
    assert answer.status == 200, answer
    user_id: int = answer.data["user"]["id"]
    return user_id


def tally(answers: Sequence[Answer]) -> Counter[tuple[int, str | None]]:
    return Counter((answer.status, answer.code) for answer in answers)


@pytest.mark.parametrize("shown", SHOWN)
class FlowsTests:
    def test_register(
        self, person: Person, number: str, shown: str, login_with: str
    ) -> None:
        name = name_of(number)
        evidence = person.prove(number, "register", shown)
        more = {"username": name, "password": PASSWORD}
        answer = person.post("register/", {**evidence, **more})
        assert answer.status == 201
        granted = {"session": {"user"}, "token": {"user", "token"}}
        expected = granted.get(login_with, {"user", "access", "refresh"})
        assert answer.data.keys() == expected
        assert person.id == answer.data["user"]["id"]
        assert person.lives
        assert person.password_is(name, PASSWORD)

    def test_login(self, people: People, number: str, shown: str) -> None:
        user_id = register(people(), number)
        person = people()
        assert log_in(person, number, shown) == user_id
        assert person.id == user_id
        assert person.lives

    def test_password_reset(self, people: People, number: str, shown: str) -> None:
        name, here, there, person = name_of(number), people(), people(), people()
        user_id = register(here, number, username=name, password=PASSWORD)
        log_in(there, number)
        evidence = person.prove(number, "reset_password", shown)
        body = {**evidence, "password": NEW_PASSWORD}
        answer = person.post("password-reset/", body)
        assert (answer.status, answer.data) == (204, {})
        assert not here.lives
        assert not there.lives
        assert person.id is None
        assert not person.password_is(name, PASSWORD)
        assert person.password_is(name, NEW_PASSWORD)
        assert log_in(person, number) == user_id
        assert person.lives

    def test_change_of_number(
        self, people: People, number: str, other_number: str, shown: str
    ) -> None:
        here, there = people(), people()
        user_id = register(here, number, username=name_of(number), password=PASSWORD)
        log_in(there, number)
        before = {**here.granted}
        evidence = here.prove(other_number, "change_phone", shown)
        answer = here.post("phone-number/", {**evidence, "password": PASSWORD})
        assert answer.status == 200
        masked = f"{other_number[:6]}****{other_number[-4:]}"
        assert answer.data["phone_number"] == masked
        assert not there.lives
        assert here.lives
        assert here.id == user_id
        assert answer.data.keys() - {"phone_number"} == before.keys()
        assert all(here.granted[key] != before[key] for key in before)
        assert here.password_is(name_of(number), PASSWORD)
        assert log_in(people(), other_number) == user_id

    def test_change_of_number_without_password(
        self, people: People, number: str, other_number: str, shown: str
    ) -> None:
        here, there = people(), people()
        register(here, number)
        log_in(there, number)
        old = here.prove(number, "change_phone", "proof")
        evidence = here.prove(other_number, "change_phone", shown)
        body = {**evidence, "old_proof": old["proof"]}
        assert here.post("phone-number/", body).status == 200
        assert here.lives
        assert not there.lives


class RefusalsTests:
    @pytest.mark.parametrize(
        ("path", "purpose"),
        [
            ("register/", "register"),
            ("login/", "login"),
            ("password-reset/", "reset_password"),
            ("phone-number/", "change_phone"),
        ],
    )
    def test_a_wrong_code(
        self, person: Person, number: str, other_number: str, path: str, purpose: str
    ) -> None:
        wanted = other_number if purpose in {"register", "change_phone"} else number
        register(person, number, username=name_of(number), password=PASSWORD)
        evidence = person.prove(wanted, purpose)
        wrong = str((int(evidence["code"]) + 1) % 10**6).zfill(6)
        # Each takes the password that its scenario knows.
        more = {"password": PASSWORD} if path != "login/" else {}
        answer = person.post(path, {**evidence, **more, "code": wrong})
        assert (answer.status, answer.code) == (400, "invalid_code")
        assert answer.data["checks_left"] == 4

    def test_nobody_changes_a_number_without_signing_in(
        self, person: Person, number: str, login_with: str
    ) -> None:
        start = {"phone_number": number, "purpose": "change_phone"}
        assert person.post("verifications/", start).status == 403
        evidence = person.prove(number, "register")
        answer = person.post("phone-number/", {**evidence, "password": PASSWORD})
        assert answer.status == (403 if login_with == "session" else 401)

    def test_the_old_number_gets_in_no_longer(
        self, people: People, number: str, other_number: str
    ) -> None:
        person, other = people(), people()
        register(person, number, username=name_of(number), password=PASSWORD)
        early = other.prove(number, "login", "proof")
        evidence = person.prove(other_number, "change_phone")
        body = {**evidence, "password": PASSWORD}
        assert person.post("phone-number/", body).status == 200
        assert other.post("login/", early).status in {400, 404}
        sent = len(person.site.sms_to(number))
        start = {"phone_number": number, "purpose": "login"}
        assert other.post("verifications/", start).status == 201
        assert len(person.site.sms_to(number)) == sent

    def test_a_number_that_is_taken_leads_to_its_account(
        self, people: People, number: str
    ) -> None:
        user_id = register(people(), number)
        person = people()
        taken = person.post("register/", person.prove(number, "register"))
        assert (taken.status, taken.code) == (409, "phone_number_taken")
        answer = person.post("login/", {"proof": taken.data["proof"]})
        assert answer.status == 200
        assert person.id == user_id

    def test_a_user_who_registers_again_is_told_so(
        self, person: Person, number: str
    ) -> None:
        register(person, number)
        taken = person.post("register/", person.prove(number, "register"))
        assert (taken.status, taken.code) == (409, "phone_number_taken")


class RacesTests:
    REPETITIONS = 3

    @pytest.fixture
    def crowd(self) -> Iterator[Crowd]:
        crowd = Crowd(2)
        yield crowd
        crowd.close()

    def test_of_two_who_register_one_number_one_does(
        self, people: People, crowd: Crowd, fresh: Callable[[], str]
    ) -> None:
        for _ in range(self.REPETITIONS):
            number, two = fresh(), [people(), people()]
            shown = [person.prove(number, "register") for person in two]
            answers = crowd.run(
                [
                    partial(person.post, "register/", evidence)
                    for person, evidence in zip(two, shown, strict=True)
                ]
            )
            assert tally(answers) == {(201, None): 1, (409, "phone_number_taken"): 1}
            assert sorted(person.id is None for person in two) == [False, True]

    def test_of_two_who_change_to_one_number_one_does(
        self, people: People, crowd: Crowd, fresh: Callable[[], str]
    ) -> None:
        for _ in range(self.REPETITIONS):
            wanted, old, two = fresh(), [fresh(), fresh()], [people(), people()]
            ids = [
                register(person, number, username=name_of(number), password=PASSWORD)
                for person, number in zip(two, old, strict=True)
            ]
            shown = [person.prove(wanted, "change_phone") for person in two]
            answers = crowd.run(
                [
                    partial(
                        person.post, "phone-number/", {**body, "password": PASSWORD}
                    )
                    for person, body in zip(two, shown, strict=True)
                ]
            )
            assert tally(answers) == {(200, None): 1, (409, "phone_number_taken"): 1}
            won, lost = sorted((0, 1), key=lambda i: answers[i].status)
            assert log_in(people(), wanted) == ids[won]
            assert log_in(people(), old[lost]) == ids[lost]


@pytest.mark.parametrize("running", WITH_SESSIONS, ids="-".join, indirect=True)
class CrossSiteTests:
    """What another site can make a visitor's browser send signs nobody in."""

    @pytest.mark.parametrize(
        ("path", "purpose"), [("login/", "login"), ("register/", "register")]
    )
    @pytest.mark.parametrize(
        ("kind", "statuses"),
        [("form", {403, 415}), ("text", {403, 415}), ("json", {403})],
    )
    def test_nobody_is_signed_in(
        self,
        people: People,
        number: str,
        path: str,
        purpose: str,
        kind: str,
        statuses: set[int],
    ) -> None:
        attacker, visitor = people(), people()
        if purpose == "login":
            register(attacker, number)
        evidence = attacker.prove(number, purpose)
        # The visitor has been here before, and the browser sends the cookies along.
        visitor.post("verifications/", {"phone_number": number, "purpose": purpose})
        assert visitor.http.cookies["csrftoken"]
        answer = visitor.send("POST", f"sms/{path}", **_forged(kind, evidence))
        assert answer.status in statuses
        assert visitor.id is None
        # It has spent nothing either.
        assert attacker.post(path, evidence).status in {200, 201}


def _forged(kind: str, evidence: dict[str, str]) -> dict[str, object]:
    origin = {"Origin": "https://attacker.example"}
    if kind == "form":
        return {"data": evidence, "headers": origin}
    if kind == "json":
        return {"json": evidence, "headers": {}}
    text = {**origin, "Content-Type": "text/plain"}
    return {"data": str(evidence).replace("'", '"'), "headers": text}
