"""Browsers, and the site that they visit."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser.person import Person
from tests.browser.site import Site, serve
from tests.browser.watch import Watch

CHROMIUM = shutil.which("chromium")
REQUIRED = os.environ.get("SMS_VERIFICATION_REQUIRE_SERVICES") == "1"

# A machine that does much else takes its time. A page that hangs is a failure.
PATIENCE = 20_000

# A container's root has no sandbox, and nothing here is from elsewhere.
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

# Far from those of the history.
_numbers = itertools.count(1)

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The example site, for all tests. Each has a number of its own."""
    with serve(tmp_path_factory.mktemp("site")) as site:
        yield site


# Of a module, since Django's database is out of reach while Playwright's loop runs.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        assert not REQUIRED, "Chromium is not installed."
        pytest.skip("Chromium is not installed.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test for whatever a browser complains of, or a page without policy."""
    watch = Watch()
    yield watch
    if complaints := watch.unexpected():
        pytest.fail("\n".join(complaints), pytrace=False)


@pytest.fixture
def new_context(
    chromium: Browser, site: Site, watch: Watch
) -> Iterator[Callable[..., BrowserContext]]:
    """Makes a browser that has never been here."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        options = {"base_url": site.url, "locale": "en-US", **options}
        context = chromium.new_context(**options)
        context.set_default_timeout(PATIENCE)
        watch.follow(context)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def new_person(
    new_context: Callable[..., BrowserContext], site: Site
) -> Callable[..., Person]:
    """Makes somebody with a browser and a number of their own."""

    def make(locale: str = "en-US", number: str = "", **options: Any) -> Person:
        number = number or f"+861390013{next(_numbers):04d}"
        context = new_context(locale=locale, **options)
        return Person(context, site, number, locale)

    return make


@pytest.fixture
def person(new_person: Callable[..., Person]) -> Person:
    return new_person()
