"""Two tabs of one browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.person import LOGIN, Person, masked

OTHER = "+8613900139876"


@pytest.fixture
def first(person: Person) -> Page:
    """A tab that waits for a code. The person goes on in a second one."""
    person.ask_for_code()
    first = person.page
    person.new_tab()
    return first


class SameNumberTests:
    def test_one_sms_is_enough_for_both(self, person: Person, first: Page) -> None:
        person.ask_for_code()
        assert len(person.site.sms_to(person.number)) == 1
        person.enter(person.right_code)
        person.expect_signed_in()

    def test_the_first_tab_goes_on_when_the_second_has_signed_in(
        self, person: Person, first: Page
    ) -> None:
        person.ask_for_code()
        code = person.right_code
        person.enter(code)
        person.expect_signed_in()
        person.page = first
        person.enter(code)
        person.expect_signed_in()

    def test_so_does_its_reload(self, person: Person, first: Page) -> None:
        person.ask_for_code()
        person.enter(person.right_code)
        person.expect_signed_in()
        first.reload()
        expect(first).to_have_url(f"{person.site.url}/")


class OtherNumberTests:
    def test_each_tab_takes_its_own_code(self, person: Person, first: Page) -> None:
        person.ask_for_code(OTHER)
        second, person.page = person.page, first
        person.enter(person.right_code)
        person.expect_signed_in()
        person.page = second
        person.enter(person.site.code_for(OTHER))
        # Signed in already. The page was out of date, and whose it is has not changed.
        expect(second).to_have_url(f"{person.site.url}/")
        expect(second.locator("main")).to_contain_text(masked(person.number))


class NumberPageTests:
    def test_one_that_is_out_of_date_goes_on(self, person: Person) -> None:
        person.page.goto(LOGIN)
        old = person.page
        person.new_tab()
        person.sign_in()
        person.page = old
        person.number_field.fill(person.number)
        person.button("Send code").click()
        person.expect_signed_in()
        assert len(person.site.sms_to(person.number)) == 1
