"""The images of the README, from the example site and its history."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.browser import states
from tests.browser.fixtures import CHROMIUM
from tests.browser.fixtures import OPTIONS as CHROMIUM_OPTIONS
from tests.browser.person import LANGUAGES, Person
from tests.browser.site import Site, serve
from tests.browser.staff import DELIVERIES, Staff
from tests.newcomer import CHECKOUT

IMAGES = CHECKOUT / "docs" / "images"
FOLDERS = {"en-US": IMAGES, "zh-CN": IMAGES / "zh-CN"}

# The README's own.
NUMBER = "+8613800138000"

# Enough for flat colours and the edges of letters, at a third of the size.
COLOURS = 128

LOOKS = [(w, scheme) for w in (1280, 360) for scheme in ("light", "dark")]


class Camera:
    """Opens browsers on the site, and keeps what they show."""

    def __init__(self, browser: Browser, site: Site, locale: str) -> None:
        self.browser = browser
        self.site = site
        self.locale = locale
        self._cookies: Any = None

    def person(self, number: str = NUMBER, **options: Any) -> Person:
        context = self._context(**options)
        return Person(context, self.site, number, self.locale)

    def staff(self, **options: Any) -> Staff:
        context = self._context(storage_state=self._cookies, **options)
        staff = Staff(context, self.site, self.locale)
        if not self._cookies:
            staff.sign_in()
            self._cookies = context.storage_state()
        return staff

    def _context(
        self, width: int = 1280, height: int = 800, scheme: str = "light", **more: Any
    ) -> Any:
        return self.browser.new_context(
            base_url=self.site.url,
            locale=self.locale,
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            device_scale_factor=2,
            reduced_motion="reduce",
            **more,
        )


def shoot(what: Page | Locator, path: Path, **options: Any) -> None:
    """Keep what is seen, without a caret that blinks, in few colours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seen = what.screenshot(animations="disabled", caret="hide", **options)
    image = Image.open(io.BytesIO(seen)).convert("RGB")
    small = image.quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    print(path, f"{path.stat().st_size // 1024} KB")


def upper(page: Page, height: int) -> dict[str, Any]:
    """Return a clip of the top of the page."""
    size = page.viewport_size
    assert size is not None
    return {"clip": {"x": 0, "y": 0, "width": size["width"], "height": height}}


def for_readme(camera: Camera) -> None:
    folder = FOLDERS[camera.locale]
    # It holds a code already, so the phone has something to show.
    person = camera.person(width=1000, height=760)
    person.ask_for_code()
    shoot(person.page, folder / "login.png")
    for scheme in ("light", "dark"):
        narrow = camera.person(width=360, height=560, scheme=scheme)
        narrow.context.add_cookies(person.context.cookies())
        narrow.page.goto("/account/login/code/")
        shoot(narrow.page, folder / f"code-{scheme}.png")
    staff = camera.staff(width=1280, height=900)
    states.timeline(staff)
    shoot(staff.page, folder / "timeline.png", **upper(staff.page, 900))
    staff.page.goto(f"{DELIVERIES}?outcome=rejected")
    shoot(staff.page, folder / "deliveries.png", **upper(staff.page, 720))


def of_everything(camera: Camera, folder: Path) -> None:
    """Show each state as the tests see it, to be looked at."""
    numbers = (f"+861390013{n:04d}" for n in range(1, 9999))
    for width, scheme in LOOKS:
        look = {"width": width, "scheme": scheme}
        name = f"{{}}-{width}-{scheme}-{camera.locale}.png"
        for title, show in states.PEOPLE.items():
            person = camera.person(next(numbers), **look)
            show(person)
            shoot(person.page, folder / name.format(title), full_page=True)
            person.context.close()
        for title, show_staff in states.STAFF.items():
            staff = camera.staff(**look)
            show_staff(staff)
            shoot(staff.page, folder / name.format(title), full_page=True)
            staff.context.close()


@contextmanager
def running(locale: str) -> Iterator[Camera]:
    """Serve a site of its own for each language, so that no SMS is of another."""
    with (
        tempfile.TemporaryDirectory() as directory,
        serve(Path(directory)) as site,
        sync_playwright() as playwright,
    ):
        options = {"executable_path": CHROMIUM, "args": CHROMIUM_OPTIONS}
        browser = playwright.chromium.launch(**options)
        yield Camera(browser, site, locale)
        browser.close()


def main(arguments: list[str]) -> None:
    work: Callable[[Camera], None] = for_readme
    if arguments:
        work = partial(of_everything, folder=Path(arguments[0]))
    for locale in LANGUAGES:
        with running(locale) as camera:
            work(camera)
