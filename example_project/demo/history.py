"""A few weeks of a site's life, the same each time, up to now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from factory.random import randgen, reseed_random

from demo import people, plots, staff
from demo.story import Story
from sms_verification.models import Delivery, PhoneNumber, Verification
from tests.factories import PhoneNumberFactory

# By then all of a visit is over, its expiry too.
VISIT = timedelta(minutes=15)

# Guesses, one verification after the other, as fast as the number's limits allow.
ATTACK = [
    timedelta(hours=30) - timedelta(days=day, minutes=20 * n + day)
    for day in range(2)
    for n in range(10)
]


def tell(now: datetime) -> list[Story]:
    """Return what became of each number."""
    numbers = [*people.CHINA, *people.ABROAD]
    lives = [_live(number, now) for number in numbers]
    # Whoever comes for the first time later today is not known yet.
    stories = [story for story in lives if story.verifications]
    _move(stories, now)
    return [*stories, _attacked(now), _blocked(now), *_at_this_moment(now)]


def save(stories: list[Story]) -> None:
    """Write everything, in as few statements as it takes."""
    numbers = [story.number for story in stories]
    with transaction.atomic():
        User.objects.bulk_create(story.user for story in stories if story.user)
        PhoneNumber.objects.bulk_create(numbers)
        Verification.objects.bulk_create(v for s in stories for v in s.verifications)
        Delivery.objects.bulk_create(d for s in stories for d in s.deliveries)
        for number in numbers:
            if number.blocked_until:
                staff.put_on_record(number, number.blocked_until)


def _live(number: str, now: datetime) -> Story:
    story = _story(number, now)
    for at in people.visiting_hours(now):
        purpose, plot = _choose(story)
        if at < now - VISIT:
            story.visit(at, plot, purpose)
    return story


def _story(number: str, now: datetime) -> Story:
    # By the number: what is cut off at the end of one story changes no other.
    reseed_random(f"history of {number}")  # type: ignore[no-untyped-call]
    return Story(PhoneNumberFactory.build(number=number, active_at=now))


def _choose(story: Story) -> tuple[str, plots.Plot]:
    plot, chance = plots.choose(), randgen.random()
    if story.user:
        return ("reset_password" if chance < 0.08 else "login"), plot
    if chance < 0.06:
        # A number of nobody's: the answer is the same, and no SMS leaves.
        return "reset_password", plots.WITHHELD
    return ("register" if chance < 0.6 else "login"), plot


def _move(stories: list[Story], now: datetime) -> None:
    """Let some users change to a number that nobody has had before."""
    owners = [story for story in stories if story.user][:40:8]
    for days, old in enumerate(owners, start=1):
        new = _story(f"+8613800139{days:03d}", now)
        old.number.user, new.number.user = None, old.user
        at = now - timedelta(days=days, hours=3)
        new.visit(at, plots.RIGHT, "change_phone")
        new.number.verified_at = new.verifications[0].used_at
        stories.append(new)


def _attacked(now: datetime) -> Story:
    """A hundred wrong codes in a row, which lock the number."""
    story = _story("+8613800138111", now)
    for ago in ATTACK:
        story.visit(now - ago, plots.GUESSED, "login")
    return story


def _blocked(now: datetime) -> Story:
    """A number whose owner asked staff to be left in peace."""
    story = _story("+8613800138222", now)
    for days in (3, 2, 1):
        story.visit(now - timedelta(days=days, hours=2), plots.NEVER_TYPED, "register")
    staff.block(story.number, now - timedelta(hours=20))
    return story


def _at_this_moment(now: datetime) -> Iterable[Story]:
    """What is pending, and what is approved and not used yet."""
    for number, seconds, plot in (
        ("+8613800138333", 75, plots.NEVER_TYPED),
        ("+8613800138444", 200, plots.NEVER_USED),
    ):
        story = _story(number, now)
        story.visit(now - timedelta(seconds=seconds), plot, "register")
        yield story
