"""Every page of the example site, in every state that it can be in."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.person import (
    CHANGE,
    LOGIN,
    PASSWORD,
    REGISTER,
    RESET,
    WITHDRAW,
    Person,
)
from tests.browser.staff import (
    ATTEMPTS,
    BLOCKED,
    BUSY,
    DELIVERIES,
    LOCKED,
    NUMBERS,
    SEARCH,
    Staff,
)


def number(person: Person) -> None:
    person.page.goto(LOGIN)


def number_with_error(person: Person) -> None:
    person.page.goto(LOGIN)
    person.number_field.fill("12")
    person.button("Send code").click()
    expect(person.error).to_be_visible()


def code(person: Person) -> None:
    person.ask_for_code()


def wrong_code(person: Person) -> None:
    person.ask_for_code()
    person.enter(person.wrong_code)
    expect(person.error).to_be_visible()


def expired_code(person: Person) -> None:
    person.ask_for_code()
    person.come_later(6 * 60)
    person.page.reload()
    expect(person.button("Send a new code")).to_be_visible()


def late_code(person: Person) -> None:
    person.ask_for_code()
    person.come_later(6 * 60)
    person.enter(person.right_code)
    expect(person.button("Send a new code")).to_be_visible()


def too_early(person: Person) -> None:
    """Ask again before the cooldown is over, as only who has no scripts can."""
    person.ask_for_code()
    resend = person.page.locator("button[name=resend]")
    resend.evaluate("button => { button.disabled = false; button.click(); }")
    expect(person.error).to_be_visible()


def home(person: Person) -> None:
    person.page.goto("/")


def home_signed_in(person: Person) -> None:
    person.sign_in()


def phone(person: Person) -> None:
    person.ask_for_code()
    person.page.goto("/phone/")


def register(person: Person) -> None:
    person.page.goto(REGISTER)


def register_code(person: Person) -> None:
    person.begin(REGISTER, person.number)


def register_weak_password(person: Person) -> None:
    person.begin(REGISTER, person.number)
    person.code_field.fill(person.right_code)
    person.password_field().fill("12345678")
    person.button("Register").click()
    expect(person.error.first).to_be_visible()


def register_taken(person: Person) -> None:
    person.sign_in()
    person.context.clear_cookies()
    person.come_later(66)
    person.begin(REGISTER, person.number)
    person.code_field.fill(person.right_code)
    person.password_field().fill(PASSWORD)
    person.button("Register").click()
    expect(person.button("Sign in to it")).to_be_visible()


def password_reset(person: Person) -> None:
    person.page.goto(RESET)


def password_reset_code(person: Person) -> None:
    person.begin(RESET, person.number)


def password_reset_done(person: Person) -> None:
    person.register()
    person.context.clear_cookies()
    person.come_later(66)
    person.begin(RESET, person.number)
    person.code_field.fill(person.right_code)
    person.password_field().fill(PASSWORD + "!")
    person.button("Set the password").click()
    expect(person.code_field).to_have_count(0)


def change_number(person: Person) -> None:
    person.register()
    person.page.goto(CHANGE)


def change_number_code(person: Person) -> None:
    person.register()
    person.begin(CHANGE, person.other_number)


def change_number_wrong_password(person: Person) -> None:
    change_number_code(person)
    person.code_field.fill(person.site.code_for(person.other_number))
    person.password_field("Your password").fill("open sesame")
    person.button("Change the number").click()
    expect(person.error).to_be_visible()


def present_number(person: Person) -> None:
    """Who signs in by code alone has no password to show."""
    person.sign_in()
    person.page.goto(CHANGE)


def present_number_code(person: Person) -> None:
    person.sign_in()
    person.come_later(66)
    person.begin(CHANGE)


def idle_account(person: Person) -> None:
    """The number may be somebody else's by now."""
    person.register()
    person.context.clear_cookies()
    person.come_later(91 * 24 * 60 * 60)
    person.ask_for_code()
    person.enter(person.right_code)
    expect(person.button("This is not my account")).to_be_visible()


def confirm(person: Person) -> None:
    person.sign_in()
    person.page.goto(WITHDRAW)


def confirm_code(person: Person) -> None:
    person.sign_in()
    person.come_later(66)
    person.begin(WITHDRAW)


def withdraw(person: Person) -> None:
    confirm_code(person)
    person.code_field.fill(person.right_code)
    person.button("Confirm").click()
    expect(person.code_field).to_have_count(0)


PEOPLE: dict[str, Callable[[Person], None]] = {
    state.__name__: state
    for state in (
        number,
        number_with_error,
        code,
        wrong_code,
        expired_code,
        late_code,
        too_early,
        register,
        register_code,
        register_weak_password,
        register_taken,
        password_reset,
        password_reset_code,
        password_reset_done,
        change_number,
        change_number_code,
        change_number_wrong_password,
        present_number,
        present_number_code,
        idle_account,
        confirm,
        confirm_code,
        withdraw,
        home,
        home_signed_in,
        phone,
    )
}


def admin_home(staff: Staff) -> None:
    staff.page.goto("/admin/")


def numbers(staff: Staff) -> None:
    staff.page.goto(NUMBERS)


def attempts(staff: Staff) -> None:
    staff.page.goto(ATTEMPTS)


def deliveries(staff: Staff) -> None:
    staff.page.goto(DELIVERIES)


def search(staff: Staff) -> None:
    staff.page.goto(SEARCH)


def not_found(staff: Staff) -> None:
    staff.search("139 0013 8765")
    expect(staff.page.get_by_role("alert")).to_be_visible()


def not_a_number(staff: Staff) -> None:
    staff.search("139 0013")
    expect(staff.page.get_by_role("alert")).to_be_visible()


def timeline(staff: Staff) -> None:
    staff.search(BUSY)
    expect(staff.events.first).to_be_visible()


def timeline_of_locked(staff: Staff) -> None:
    staff.search(LOCKED)
    expect(staff.events.first).to_be_visible()


def timeline_of_blocked(staff: Staff) -> None:
    staff.search(BLOCKED)
    expect(staff.events.first).to_be_visible()


def block(staff: Staff) -> None:
    timeline(staff)
    staff.open_action("Block")


def block_without_reason(staff: Staff) -> None:
    block(staff)
    staff.page.locator(".submit-row [type=submit]").click()
    expect(staff.page.get_by_role("alert")).to_be_visible()


def unblock(staff: Staff) -> None:
    timeline_of_blocked(staff)
    staff.open_action("Unblock")


STAFF: dict[str, Callable[[Staff], None]] = {
    state.__name__: state
    for state in (
        admin_home,
        numbers,
        attempts,
        deliveries,
        search,
        not_found,
        not_a_number,
        timeline,
        timeline_of_locked,
        timeline_of_blocked,
        block,
        block_without_reason,
        unblock,
    )
}
