"""Who answers "I did not get the code", at a desk of their own."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import BrowserContext, Locator, Page

from tests.browser.person import LANGUAGES
from tests.browser.site import Site

NUMBERS = "/admin/sms_verification/phonenumber/"
SEARCH = f"{NUMBERS}search/"
ATTEMPTS = "/admin/sms_verification/verification/"
DELIVERIES = "/admin/sms_verification/delivery/"

# What the history of the example site tells: a number that was guessed at until it was
# locked, one that staff have blocked, and one with a month of visits.
LOCKED = "138 0013 8111"
BLOCKED = "138 0013 8222"
BUSY = "138 0013 0096"


class Staff:
    """Reads admin in a language."""

    def __init__(
        self, context: BrowserContext, site: Site, locale: str = "en-US"
    ) -> None:
        self.context = context
        self.site = site
        self.language = LANGUAGES[locale]
        self.page: Page = context.new_page()

    def word(self, msgid: str) -> str:
        with translation.override(self.language):
            return gettext(msgid)

    def sign_in(self) -> None:
        self.page.goto("/admin/")
        self.page.locator("[name=username]").fill("admin")
        self.page.locator("[name=password]").fill(self.site.staff_password)
        self.page.locator("[type=submit]").click()
        self.page.locator("#user-tools").wait_for()

    def search(self, text: str) -> None:
        """Type what the person says into the field on top of each list."""
        if not self.search_field.is_visible():
            self.page.goto(NUMBERS)
        self.search_field.fill(text)
        self.page.get_by_role("search").get_by_role("button").click()

    def act(self, action: str, reason: str, **choices: Any) -> None:
        """Do something to the number whose timeline is open."""
        self.open_action(action)
        for label, choice in choices.items():
            self.page.get_by_label(label).select_option(label=choice)
        self.page.get_by_label("Reason").fill(reason)
        self.page.get_by_role("button", name=self.word(action), exact=True).click()

    def open_action(self, action: str) -> None:
        self.page.get_by_role("link", name=f"{self.word(action)}…").click()

    @property
    def search_field(self) -> Locator:
        return self.page.locator("#sms-search-text")

    @property
    def events(self) -> Locator:
        """What happened, the newest first."""
        return self.page.locator(".sms-event")
