"""The button that sends the code again, as it counts down."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.browser.person import Person

SECOND = 1000

# Counts how often a screen reader has something to say.
LISTEN = """
status => {
  window.spoken = [];
  new MutationObserver(() => window.spoken.push(status.textContent))
    .observe(status, {childList: true, characterData: true, subtree: true});
}
"""


@pytest.fixture
def waiting(person: Person) -> Person:
    """Somebody who has just been sent a code, and whose clock the test moves."""
    person.page.clock.install()
    person.ask_for_code()
    return person


def seconds_left(button_text: str) -> int:
    """Read ``Send again in 0:45``."""
    minutes, seconds = re.findall(r"\d+", button_text)
    return int(minutes) * 60 + int(seconds)


class CountdownTests:
    def test_it_counts_in_silence_and_speaks_once(self, waiting: Person) -> None:
        page = waiting.page
        button = page.locator("button[name=resend]")
        status = page.locator(".sms-form [role=status]")
        status.evaluate(LISTEN)
        expect(button).to_be_disabled()
        before = seconds_left(button.inner_text())
        assert 30 < before <= 65
        page.clock.run_for(20 * SECOND)
        assert 0 < seconds_left(button.inner_text()) <= before - 20
        assert page.evaluate("spoken") == []
        page.clock.run_for(60 * SECOND)
        expect(button).to_be_enabled()
        expect(button).to_have_text("Send the code again")
        expect(status).to_have_text("The code can be sent again now.")
        page.clock.run_for(60 * SECOND)
        assert page.evaluate("spoken") == ["The code can be sent again now."]

    def test_then_it_sends(self, waiting: Person) -> None:
        waiting.page.clock.run_for(66 * SECOND)
        waiting.come_later(66)
        waiting.button("Send the code again").click()
        expect(waiting.page.locator("button[name=resend]")).to_be_disabled()
        assert len(waiting.site.sms_to(waiting.number)) == 2
        waiting.enter(waiting.right_code)
        waiting.expect_signed_in()

    def test_enter_in_the_field_is_not_for_this_button(self, waiting: Person) -> None:
        waiting.page.clock.run_for(66 * SECOND)
        waiting.code_field.fill(waiting.right_code)
        waiting.code_field.press("Enter")
        waiting.expect_signed_in()
        assert len(waiting.site.sms_to(waiting.number)) == 1


class NoScriptTests:
    def test_who_is_too_early_is_told_how_long_to_wait(
        self, new_person: Callable[..., Person]
    ) -> None:
        person = new_person(java_script_enabled=False)
        person.ask_for_code()
        person.button("Send the code again").click()
        expect(person.error).to_contain_text("Try again in")
        assert len(person.site.sms_to(person.number)) == 1
        person.enter(person.right_code)
        person.expect_signed_in()


class TwiceTests:
    def test_a_second_click_spends_no_check(self, person: Person) -> None:
        person.ask_for_code()
        person.code_field.fill(person.wrong_code)
        sent: list[Route] = []
        person.page.route("**/code/", lambda route: sent.append(route))  # noqa: PLW0108  # a wrapper is set on it
        # The second one while the first is on its way.
        person.button("Sign in").evaluate(
            "button => new Promise((done) => { button.click();"
            " setTimeout(() => { button.click(); done(); }, 50); })"
        )
        sent[0].continue_()
        expect(person.error).to_contain_text("4 more times")
        assert len(sent) == 1
