"""Staff who answer "I did not get the code"."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.person import LOGIN, Person
from tests.browser.site import Site
from tests.browser.staff import ATTEMPTS, DELIVERIES, LOCKED, NUMBERS, Staff


@pytest.fixture
def staff(new_context: Callable[..., BrowserContext], site: Site) -> Staff:
    staff = Staff(new_context(), site)
    staff.sign_in()
    return staff


def spoken(number: str) -> str:
    """Return a number as the person on the telephone says it."""
    national = number.removeprefix("+86")
    return f"{national[:3]} {national[3:7]} {national[7:]}"


class SearchTests:
    @pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
    def test_a_spoken_number_leads_to_what_happened(
        self,
        person: Person,
        new_context: Callable[..., BrowserContext],
        site: Site,
        scripts: bool,
    ) -> None:
        person.ask_for_code()
        person.enter(person.wrong_code)
        person.enter(person.right_code)
        person.expect_signed_in()
        staff = Staff(new_context(java_script_enabled=scripts), site)
        staff.sign_in()
        staff.search(spoken(person.number))
        expect(staff.page.get_by_role("heading", level=1)).to_have_text(person.number)
        expect(staff.events).to_have_count(5)
        used, right, wrong, sms, start = staff.events.all()
        expect(used).to_contain_text("used: login")
        expect(right).to_contain_text("Right code")
        expect(wrong).to_contain_text("Wrong code")
        expect(sms).to_contain_text("accepted by the vendor")
        expect(start).to_contain_text("asked for: login")
        assert person.number[1:] not in staff.page.url

    def test_a_number_that_got_nothing_is_told(self, staff: Staff) -> None:
        staff.search("139 0013 8765")
        expect(staff.page.get_by_role("alert")).to_have_text(
            "No code was ever sent to +86139****8765."
        )

    def test_what_is_no_number_can_be_mended(self, staff: Staff) -> None:
        staff.search("139 0013")
        expect(staff.page.get_by_role("alert")).to_be_visible()
        expect(staff.search_field).to_have_value("139 0013")
        expect(staff.search_field).to_be_focused()

    def test_a_code_that_was_asked_for_too_soon_is_there(
        self, person: Person, staff: Staff
    ) -> None:
        person.ask_for_code()
        person.page.goto(LOGIN)
        person.context.clear_cookies()
        person.page.goto(LOGIN)
        person.number_field.fill(person.number)
        person.button("Send code").click()
        expect(person.error).to_contain_text("Too many messages.")
        staff.search(person.number)
        expect(staff.events.first).to_contain_text("Too soon after the last SMS")


class BlockTests:
    def test_the_person_is_refused_until_it_is_undone(
        self, person: Person, staff: Staff
    ) -> None:
        person.sign_in()
        person.page.locator("form[action='/logout/'] button").click()
        staff.search(spoken(person.number))
        staff.act("Block", "Somebody else asks for codes.", For="7 days")
        trouble = staff.page.locator(".sms-facts .sms-trouble")
        expect(trouble.last).to_contain_text("Somebody else asks for codes.")

        person.come_later(66)
        person.page.goto(LOGIN)
        person.number_field.fill(person.number)
        person.button("Send code").click()
        expect(person.error).to_contain_text("Try again in 24 hours.")
        assert len(person.site.sms_to(person.number)) == 1

        staff.act("Unblock", "They asked us to.")
        expect(trouble).to_have_count(0)
        person.button("Send code").click()
        expect(person.code_field).to_be_visible()
        person.enter(person.right_code)
        person.expect_signed_in()

        staff.page.reload()
        unblocked = staff.events.filter(has_text="Unblocked: They asked us to.")
        expect(unblocked).to_contain_text("admin")
        blocked = staff.events.filter(has_text=": Somebody else asks for codes.")
        expect(blocked).to_contain_text("admin")

    def test_a_reason_is_needed(self, person: Person, staff: Staff) -> None:
        person.ask_for_code()
        staff.search(person.number)
        staff.act("Block", "")
        expect(staff.page.get_by_text("This field is required.")).to_be_visible()
        expect(staff.page.locator("h1")).to_have_text(f"Block: {person.number}")


class LockTests:
    def test_who_was_guessed_at_gets_codes_again(
        self, new_person: Callable[..., Person], staff: Staff
    ) -> None:
        person = new_person(number="+86" + LOCKED.replace(" ", ""))
        # Past the day's limit of SMS, and not past the lock.
        person.come_later(20 * 60 * 60)
        person.page.goto(LOGIN)
        person.number_field.fill(LOCKED)
        person.button("Send code").click()
        expect(person.error).to_contain_text("Try again in")

        staff.search(LOCKED)
        trouble = staff.page.locator(".sms-facts .sms-trouble")
        expect(trouble.last).to_contain_text("100")
        staff.act("Lift lock", "Spoke with the owner.")
        expect(trouble).to_have_count(0)

        person.button("Send code").click()
        expect(person.code_field).to_be_visible()
        person.enter(person.right_code)
        person.expect_signed_in()
        lifted = staff.events.filter(has_text="Lock lifted: Spoke with the owner.")
        expect(lifted).to_have_count(1)


class ListTests:
    @pytest.mark.parametrize("path", [NUMBERS, ATTEMPTS, DELIVERIES])
    def test_a_row_leads_to_its_timeline(self, staff: Staff, path: str) -> None:
        staff.page.goto(path)
        staff.page.locator("#result_list tbody th a").first.click()
        expect(staff.events.first).to_be_visible()
        assert staff.page.url.startswith(f"{staff.site.url}{NUMBERS}")

    def test_filters_narrow_it(self, staff: Staff) -> None:
        staff.page.goto(DELIVERIES)
        rows = staff.page.locator("#result_list tbody tr")
        # On a quiet day no SMS is rejected, so one filter is for the week.
        for links, outcome in [
            (["Rejected"], "rejected"),
            (["Accepted", "Yesterday"], "accepted"),
        ]:
            for name in links:
                staff.page.get_by_role("link", name=name).click()
            expect(rows.first).to_be_visible()
            outcomes = rows.locator(".field-outcome").all_inner_texts()
            assert set(outcomes) == {outcome}

    def test_an_attempt_is_in_it_at_once(self, person: Person, staff: Staff) -> None:
        person.ask_for_code()
        staff.page.goto(ATTEMPTS)
        rows = staff.page.locator("#result_list tbody tr")
        expect(rows.filter(has_text=person.number)).to_have_count(1)
