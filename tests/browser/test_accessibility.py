"""axe-core finds nothing to say, on any page in any state."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, StorageState

from tests.browser import states
from tests.browser.fixtures import REQUIRED
from tests.browser.person import LANGUAGES, Person
from tests.browser.site import Site
from tests.browser.staff import Staff

NARROW, WIDE = 360, 1280

# In a context that ignores the policy: axe is put into the page.
OPTIONS: dict[str, Any] = {"bypass_csp": True, "reduced_motion": "reduce"}

LOOKS = [(width, scheme) for width in (WIDE, NARROW) for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def axe() -> Path:
    path = os.environ.get("AXE")
    if path is None:
        assert not REQUIRED, "AXE does not say where axe-core is."
        pytest.skip("AXE does not say where axe-core is.")
    return Path(path)


@pytest.fixture(scope="module")
def signed_in() -> dict[str, StorageState]:
    """The cookies of staff, once somebody has signed in."""
    return {}


@pytest.fixture(params=LANGUAGES)
def locale(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def staff(
    new_context: Callable[..., BrowserContext],
    site: Site,
    locale: str,
    signed_in: dict[str, StorageState],
) -> Staff:
    cookies = signed_in.get("staff")
    context = new_context(locale=locale, storage_state=cookies, **OPTIONS)
    staff = Staff(context, site, locale)
    if not cookies:
        staff.sign_in()
        signed_in["staff"] = context.storage_state()
    return staff


@pytest.fixture
def person(new_person: Callable[..., Person], locale: str) -> Person:
    return new_person(locale, **OPTIONS)


@pytest.mark.parametrize("state", states.PEOPLE)
def test_what_people_see(person: Person, axe: Path, state: str) -> None:
    states.PEOPLE[state](person)
    demand_none(faults(person.page, axe))


@pytest.mark.parametrize("state", states.STAFF)
def test_what_staff_see(staff: Staff, axe: Path, state: str) -> None:
    states.STAFF[state](staff)
    demand_none(faults(staff.page, axe))


def demand_none(faults: Iterator[str]) -> None:
    if found := list(faults):
        pytest.fail("\n".join(found), pytrace=False)


def faults(page: Page, axe: Path) -> Iterator[str]:
    """Look at the page as it stands, narrow and wide, by day and by night."""
    page.add_script_tag(path=axe)
    # Or a colour may be seen on its way to the other.
    page.add_style_tag(content="* { transition: none !important; }")
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        at = f"{width} px, {scheme}"
        found = page.evaluate("axe.run({resultTypes: ['violations']})")
        for violation in found["violations"]:
            yield f"{at}: {told(violation)}"
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            yield f"{at}: {needed} px wide"


def told(violation: dict[str, Any]) -> str:
    nodes = [f"{node['target']} {node['html'][:200]}" for node in violation["nodes"]]
    return f"{violation['id']}: {violation['help']}: {nodes}"
