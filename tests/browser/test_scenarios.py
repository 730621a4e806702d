"""Register, set a new password, change the number, prove it once more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import states
from tests.browser.person import (
    CHANGE,
    LOGIN,
    PASSWORD,
    REGISTER,
    RESET,
    WITHDRAW,
    Person,
    masked,
)

LOCALES = ["en-US", "zh-CN"]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
class EverywhereTests:
    @pytest.fixture
    def person(
        self, new_person: Callable[..., Person], locale: str, scripts: bool
    ) -> Person:
        return new_person(locale, java_script_enabled=scripts)

    def test_a_person_registers(self, person: Person) -> None:
        person.page.goto(LOGIN)
        person.page.get_by_role("link", name=person.word("Make an account")).click()
        person.begin("", person.number)
        person.code_field.fill(person.right_code)
        person.password_field().fill(PASSWORD)
        person.button("Register").click()
        person.expect_signed_in()

    def test_a_weak_password_costs_no_second_sms(self, person: Person) -> None:
        person.begin(REGISTER, person.number)
        person.code_field.fill(person.right_code)
        person.password_field().fill("12345678")
        person.button("Register").click()
        expect(person.error).to_be_visible()
        expect(person.password_field()).to_have_value("")
        person.code_field.fill(person.right_code)
        person.password_field().fill(PASSWORD)
        person.button("Register").click()
        person.expect_signed_in()
        assert len(person.site.sms_to(person.number)) == 1

    def test_who_has_an_account_signs_in_to_it(self, person: Person) -> None:
        person.register()
        person.context.clear_cookies()
        person.come_later(66)
        person.begin(REGISTER, person.number)
        person.code_field.fill(person.right_code)
        person.password_field().fill(PASSWORD)
        person.button("Register").click()
        person.button("Sign in to it").click()
        person.expect_signed_in()

    def test_a_person_sets_a_new_password(self, person: Person) -> None:
        person.register()
        person.context.clear_cookies()
        person.come_later(66)
        person.begin(RESET, person.number)
        person.code_field.fill(person.right_code)
        person.password_field().fill(PASSWORD + "!")
        person.button("Set the password").click()
        expect(person.page.get_by_role("heading", level=1)).to_have_text(
            person.word("The password is set")
        )
        person.expect_signed_out()

    def test_a_person_changes_the_number(self, person: Person) -> None:
        person.register()
        old, person.number = person.number, person.other_number
        person.begin(CHANGE, person.number)
        person.code_field.fill(person.right_code)
        person.password_field("Your password").fill("open sesame")
        person.button("Change the number").click()
        expect(person.error).to_be_visible()
        expect(person.code_field).to_have_count(0)
        person.password_field("Your password").fill(PASSWORD)
        person.button("Change the number").click()
        person.expect_signed_in()
        assert [sms["purpose"] for sms in person.site.sms_to(old)][-1] == (
            "phone_changed"
        )

    def test_without_a_password_the_present_number_comes_first(
        self, person: Person
    ) -> None:
        person.sign_in()
        person.come_later(66)
        person.page.goto(CHANGE)
        expect(person.page.locator("main")).to_contain_text(masked(person.number))
        person.begin("")
        person.code_field.fill(person.right_code)
        person.button("Continue").click()
        person.number = person.other_number
        person.begin("", person.number)
        person.code_field.fill(person.right_code)
        person.button("Change the number").click()
        person.expect_signed_in()

    def test_an_idle_account_asks_for_its_password(self, person: Person) -> None:
        states.idle_account(person)
        person.password_field("Your password").fill(PASSWORD)
        person.button("Sign in").click()
        person.expect_signed_in()

    def test_who_has_its_number_now_gets_an_account(self, person: Person) -> None:
        states.idle_account(person)
        person.button("This is not my account").click()
        person.expect_signed_in()

    def test_a_view_asks_for_a_code_once_more(self, person: Person) -> None:
        person.sign_in()
        person.come_later(66)
        person.begin(WITHDRAW)
        person.code_field.fill(person.right_code)
        person.button("Confirm").click()
        expect(person.page).to_have_url(person.site.url + WITHDRAW)
        person.page.reload()
        expect(person.page).to_have_url(person.site.url + WITHDRAW)
