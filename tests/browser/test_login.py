"""From typing the number to being signed in."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.person import CODE, LOGIN, Person

LOCALES = ["en-US", "zh-CN"]
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
class EverywhereTests:
    @pytest.fixture
    def person(
        self, new_person: Callable[..., Person], locale: str, scripts: bool
    ) -> Person:
        return new_person(locale, java_script_enabled=scripts)

    def test_a_person_signs_in(self, person: Person) -> None:
        person.page.goto("/")
        person.page.locator("main").get_by_role("link").first.click()
        expect(person.page).to_have_url(person.site.url + LOGIN)
        expect(person.page.locator("html")).to_have_attribute("lang", person.language)
        person.number_field.fill(person.number.removeprefix("+86"))
        person.button("Send code").click()
        expect(person.page).to_have_url(person.site.url + CODE)
        person.enter(person.right_code)
        person.expect_signed_in()

    def test_after_a_wrong_code_the_right_one_does(self, person: Person) -> None:
        person.ask_for_code()
        person.enter(person.wrong_code)
        expect(person.error).to_contain_text("4")
        expect(person.code_field).to_have_attribute("aria-invalid", "true")
        expect(person.code_field).to_have_value("")
        person.enter(person.right_code)
        person.expect_signed_in()

    def test_what_is_no_number_is_told_beside_it(self, person: Person) -> None:
        person.page.goto(LOGIN)
        person.number_field.fill("12")
        person.button("Send code").click()
        expect(person.error).to_be_visible()
        expect(person.number_field).to_have_value("12")
        person.number_field.fill(person.number)
        person.button("Send code").click()
        person.enter(person.right_code)
        person.expect_signed_in()

    def test_another_code_comes_after_the_cooldown(self, person: Person) -> None:
        person.ask_for_code()
        person.come_later(66)
        person.page.reload()
        person.button("Send the code again").click()
        expect(person.code_field).to_be_visible()
        assert len(person.site.sms_to(person.number)) == 2
        person.enter(person.right_code)
        person.expect_signed_in()

    def test_a_late_code_leads_to_a_new_one(self, person: Person) -> None:
        person.ask_for_code()
        late = person.right_code
        person.come_later(6 * 60)
        person.enter(late)
        expect(person.error).to_be_visible()
        expect(person.code_field).to_have_count(0)
        person.button("Send a new code").click()
        assert person.code_field.is_visible()
        assert person.right_code != late
        person.enter(person.right_code)
        person.expect_signed_in()


class ChineseTests:
    @pytest.mark.parametrize("path", [LOGIN, CODE, "/", "/phone/"])
    def test_each_text_is_chinese(
        self, new_person: Callable[..., Person], path: str
    ) -> None:
        person = new_person("zh-CN")
        person.ask_for_code()
        person.page.goto(path)
        texts = "h1, h2, label, .sms-form button, .sms-other a, main p"
        for text in person.page.locator(texts).all_inner_texts():
            assert HAN.search(text) or not text.strip(), text


class TypingTests:
    def test_a_code_is_pasted_as_it_was_copied(self, person: Person) -> None:
        person.context.grant_permissions(["clipboard-read", "clipboard-write"])
        person.ask_for_code()
        code = f"{person.right_code[:3]} {person.right_code[3:]}"
        person.page.evaluate("text => navigator.clipboard.writeText(text)", code)
        person.code_field.press("Control+v")
        expect(person.code_field).to_have_value(code)
        person.button("Sign in").click()
        person.expect_signed_in()

    def test_a_code_is_typed_full_width(self, person: Person) -> None:
        person.ask_for_code()
        person.page.keyboard.insert_text(person.right_code.translate(FULL_WIDTH))
        person.page.keyboard.press("Enter")
        person.expect_signed_in()

    def test_the_keyboard_is_enough(self, person: Person) -> None:
        page, focused = person.page, person.page.locator(":focus")
        page.goto(LOGIN)
        expect(focused).to_have_attribute("type", "tel")
        page.keyboard.press("Shift+Tab")
        expect(focused).to_have_attribute("name", "country")
        page.keyboard.press("Tab")
        page.keyboard.type(person.number.removeprefix("+86"))
        page.keyboard.press("Tab")
        expect(focused).to_have_text("Send code")
        page.keyboard.press("Space")
        expect(focused).to_have_attribute("autocomplete", "one-time-code")
        page.keyboard.type(person.wrong_code)
        page.keyboard.press("Enter")
        expect(person.error).to_be_visible()
        # The wrong one is gone, and the field is where one types.
        page.keyboard.type(person.right_code)
        page.keyboard.press("Tab")
        expect(focused).to_have_text("Sign in")
        page.keyboard.press("Enter")
        person.expect_signed_in()

    def test_a_country_is_picked(self, new_person: Callable[..., Person]) -> None:
        person = new_person(number="+12025550199")
        person.page.goto(LOGIN)
        country = person.page.get_by_label("Country")
        expect(country.locator("option").first).to_have_text("China +86")
        country.select_option(label="United States +1")
        person.number_field.fill("(202) 555-0199")
        person.button("Send code").click()
        expect(person.code_field).to_be_visible()
        person.enter(person.right_code)
        expect(person.page).to_have_url(f"{person.site.url}/")
        expect(person.page.locator("main strong")).to_have_text(re.compile(r"^\+1"))


class DetourTests:
    def test_another_number_is_a_click_away(self, person: Person) -> None:
        mistaken = "+8613900138999"
        person.ask_for_code(mistaken)
        person.page.get_by_role("link", name="Use another number").click()
        expect(person.page).to_have_url(person.site.url + LOGIN)
        person.number_field.fill(person.number)
        person.button("Send code").click()
        expect(person.code_field).to_be_visible()
        person.enter(person.right_code)
        person.expect_signed_in()

    @pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
    def test_the_page_that_was_asked_for_comes_next(
        self, new_person: Callable[..., Person], scripts: bool
    ) -> None:
        person = new_person(java_script_enabled=scripts)
        person.ask_for_code(after="/phone/")
        person.page.get_by_role("link", name="Use another number").click()
        person.number_field.fill(person.number)
        person.button("Send code").click()
        person.enter(person.wrong_code)
        person.enter(person.right_code)
        expect(person.page).to_have_url(f"{person.site.url}/phone/")

    def test_no_other_site_comes_next(self, person: Person) -> None:
        person.ask_for_code(after="https://evil.example/")
        person.enter(person.right_code)
        person.expect_signed_in()

    def test_reload_changes_nothing(self, person: Person) -> None:
        person.ask_for_code()
        person.page.reload()
        expect(person.code_field).to_be_visible()
        assert len(person.site.sms_to(person.number)) == 1
        person.enter(person.right_code)
        person.expect_signed_in()
        person.page.reload()
        person.expect_signed_in()

    def test_back_from_the_code_lets_the_number_be_mended(self, person: Person) -> None:
        person.ask_for_code("13900138998")
        person.page.go_back()
        expect(person.page).to_have_url(person.site.url + LOGIN)
        person.number_field.fill(person.number)
        person.button("Send code").click()
        expect(person.code_field).to_be_visible()
        person.enter(person.right_code)
        person.expect_signed_in()

    def test_back_after_signing_in_leads_on(self, person: Person) -> None:
        person.sign_in()
        person.page.go_back()
        person.expect_signed_in()
