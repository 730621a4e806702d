"""Somebody who signs in: a browser on the desk, and a phone in the hand."""

from __future__ import annotations

import re
from typing import Any

from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser import later
from tests.browser.site import Site
from tests.phones import mistyped

LOGIN = "/account/login/"
CODE = "/account/login/code/"
REGISTER = "/account/register/"
RESET = "/account/password-reset/"
CHANGE = "/account/change-number/"
WITHDRAW = "/withdraw/"

PASSWORD = "snow over the pines"

LANGUAGES = {"en-US": "en", "zh-CN": "zh-hans"}


class Person:
    """Reads the page in a language, and knows the code as soon as it is sent."""

    def __init__(
        self, context: BrowserContext, site: Site, number: str, locale: str = "en-US"
    ) -> None:
        self.context = context
        self.site = site
        self.number = number
        self.language = LANGUAGES[locale]
        self.page: Page = context.new_page()

    def word(self, msgid: str, **values: Any) -> str:
        """Return a text of the site's in the language of this person."""
        with translation.override(self.language):
            return gettext(msgid) % values if values else gettext(msgid)

    def new_tab(self) -> Page:
        """Go on in another tab."""
        self.page = self.context.new_page()
        return self.page

    def come_later(self, seconds: float) -> None:
        """Let time pass for the server, as far as this browser is concerned."""
        self.context.set_extra_http_headers({later.HEADER: str(seconds)})

    # The two pages.

    def button(self, msgid: str) -> Locator:
        return self.page.get_by_role("button", name=self.word(msgid), exact=True)

    @property
    def number_field(self) -> Locator:
        return self.page.get_by_label(self.word("Phone number"), exact=True)

    @property
    def code_field(self) -> Locator:
        return self.page.get_by_label(self.word("Code"), exact=True)

    @property
    def error(self) -> Locator:
        return self.page.get_by_role("alert")

    @property
    def other_number(self) -> str:
        return f"{self.number[:-4]}9{self.number[-3:]}"

    @property
    def right_code(self) -> str:
        return self.site.code_for(self.number)

    @property
    def wrong_code(self) -> str:
        return mistyped(self.right_code)

    # What people do.

    def ask_for_code(self, typed: str | None = None, after: str = "") -> None:
        """Type the number as people do, without its country."""
        self.page.goto(LOGIN + (f"?next={after}" if after else ""))
        self.number_field.fill(typed or self.number.removeprefix("+86"))
        self.button("Send code").click()
        expect(self.code_field).to_be_visible()

    def begin(self, path: str, number: str = "") -> None:
        """Come to the page for the code of a number, or of the own that is known."""
        if path:
            self.page.goto(path)
        if number:
            self.number_field.fill(number.removeprefix("+86"))
        self.button("Send code").click()
        expect(self.code_field).to_be_visible()

    def password_field(self, msgid: str = "New password") -> Locator:
        return self.page.get_by_label(self.word(msgid), exact=True)

    def register(self, password: str = PASSWORD) -> None:
        self.begin(REGISTER, self.number)
        self.code_field.fill(self.right_code)
        self.password_field().fill(password)
        self.button("Register").click()
        self.expect_signed_in()

    def enter(self, code: str) -> None:
        self.code_field.fill(code)
        self.button("Sign in").click()

    def sign_in(self) -> None:
        self.ask_for_code()
        self.enter(self.right_code)
        self.expect_signed_in()

    # What they see.

    def expect_signed_in(self) -> None:
        expect(self.page).to_have_url(f"{self.site.url}/")
        expect(self.page.locator("main")).to_contain_text(masked(self.number))
        expect(self.page.locator("form[action='/logout/'] button")).to_be_visible()

    def expect_signed_out(self) -> None:
        self.page.goto("/")
        expect(self.page.locator(f"main a[href='{LOGIN}']")).to_be_visible()


def masked(number: str) -> str:
    """Return a number as the site's pages show it."""
    return re.sub(r"^(\+86\d{3})\d+(\d{4})$", r"\1****\2", number)
