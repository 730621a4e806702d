"""The simulated phone of the example site."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.person import LOGIN, Person

PHONE = "/phone/"


def sms(person: Person) -> Locator:
    """What the phone shows for this person's number, the newest first."""
    return person.page.locator(".phone-list li").filter(has_text=person.number)


class PhoneTests:
    @pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
    def test_a_tap_fills_the_code_in(
        self, new_person: Callable[..., Person], locale: str
    ) -> None:
        person = new_person(locale)
        person.ask_for_code()
        expect(sms(person)).to_contain_text(person.right_code)
        sms(person).get_by_role("button").click()
        expect(person.code_field).to_have_value(person.right_code)
        expect(person.code_field).to_be_focused()
        person.page.keyboard.press("Enter")
        person.expect_signed_in()

    def test_an_sms_shows_as_it_comes(self, person: Person) -> None:
        person.page.goto(PHONE)
        looking = person.page
        person.new_tab()
        person.ask_for_code()
        person.page = looking
        looking.bring_to_front()
        expect(sms(person)).to_contain_text(person.right_code)
        expect(sms(person)).to_have_class("phone-new")
        expect(looking.get_by_role("status")).to_contain_text(person.right_code)

    def test_where_no_code_is_asked_for_a_tap_copies_it(self, person: Person) -> None:
        person.context.grant_permissions(["clipboard-read", "clipboard-write"])
        person.ask_for_code()
        person.page.goto(PHONE)
        sms(person).get_by_role("button").click()
        expect(person.page.get_by_role("status")).to_have_text("The code is copied.")
        copied = person.page.evaluate("navigator.clipboard.readText()")
        assert copied == person.right_code

    def test_without_scripts_it_can_be_read(
        self, new_person: Callable[..., Person]
    ) -> None:
        person = new_person(java_script_enabled=False)
        person.ask_for_code()
        expect(sms(person)).to_contain_text(person.right_code)
        expect(sms(person).get_by_role("button")).to_have_count(0)

    def test_it_stands_beside_the_number_too(self, person: Person) -> None:
        person.page.goto(LOGIN)
        phone = person.page.get_by_role("region", name="Simulated phone")
        expect(phone).to_be_visible()
