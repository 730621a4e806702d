"""A browser that reads the SMS by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person

# As far as the specification tells it: WICG's "WebOTP API".
WEB_OTP = """
window.OTPCredential = class {};
navigator.credentials.get = (options) =>
  new Promise((resolve, reject) => {
    window.asked = options.otp;
    window.deliver = (code) => resolve({ code });
    options.signal.addEventListener("abort", () => {
      sessionStorage.aborted = "yes";
      reject(new DOMException("", "AbortError"));
    });
  });
"""


@pytest.fixture
def waiting(person: Person) -> Person:
    person.context.add_init_script(WEB_OTP)
    person.ask_for_code()
    return person


class WebOtpTests:
    def test_the_code_is_filled_in_and_sent(self, waiting: Person) -> None:
        assert waiting.page.evaluate("asked") == {"transport": ["sms"]}
        waiting.page.evaluate("code => deliver(code)", waiting.right_code)
        waiting.expect_signed_in()

    def test_who_types_faster_ends_the_wait(self, waiting: Person) -> None:
        waiting.enter(waiting.right_code)
        waiting.expect_signed_in()
        assert waiting.page.evaluate("sessionStorage.aborted") == "yes"

    def test_the_number_s_page_asks_for_nothing(self, waiting: Person) -> None:
        waiting.page.goto("/account/login/")
        expect(waiting.number_field).to_be_visible()
        assert waiting.page.evaluate("window.asked") is None
