from __future__ import annotations

import json
import re
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sms_verification import limits
from sms_verification.conf import settings
from sms_verification.types import Rate
from tests import newcomer

ENGLISH = newcomer.README
CHINESE = newcomer.CHECKOUT / "README.zh-CN.md"

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing")


class QuickstartTests:
    @needs_curl
    def test_curl_signs_a_user_in(self, tmp_path: Path) -> None:
        checkout = str(newcomer.CHECKOUT)
        host = newcomer.Host(tmp_path, sys.executable, PYTHONPATH=checkout)
        host.follow_quickstart()
        with newcomer.Server(host) as server:
            assert json.loads(server.sign_in(tmp_path)) == {"user": {"id": 1}}
            admin = host.run("curl", "-sL", "-b", "cookies", f"{server.url}/admin/")
        assert "You are authenticated as user_" in admin

    def test_it_has_fewer_than_twenty_lines(self) -> None:
        code = newcomer.blocks(newcomer.section("Quickstart"), r"\w+")
        assert sum(len(block.splitlines()) for block in code) < 20


class GuessesTests:
    """The figures of the table "How many guesses does an attacker get?"."""

    def test_on_one_number_for_a_day(self) -> None:
        assert _row(1) == _figures(_guesses(timedelta(days=1)))

    def test_on_one_number_for_a_year(self) -> None:
        assert _row(2) == _figures(_guesses(timedelta(days=365)))

    def test_on_one_number_whose_count_is_reset_all_the_time(self) -> None:
        guesses = _guesses(timedelta(days=365), owner_signs_in=True)
        assert _row(3) == _figures(guesses)

    def test_on_any_numbers(self) -> None:
        assert _row(4) == _figures(settings.MAX_CHECKS)
        sms = 10**settings.CODE_LENGTH // settings.MAX_CHECKS
        assert f"{sms:,} SMS" in _security()

    def test_the_limits_by_address(self) -> None:
        starts, checks = (
            settings.CLIENT_LIMITS["start"],
            settings.CLIENT_LIMITS["check"],
        )
        assert Rate(60, timedelta(days=1)) in starts
        assert checks == [Rate(60, timedelta(hours=1))]
        assert "60 starts a day and 60 checks an hour" in _security()


class TranslationTests:
    def test_the_code_is_the_same(self) -> None:
        assert _code(CHINESE) == _code(ENGLISH)

    def test_the_figures_are_the_same(self) -> None:
        assert _numbers(CHINESE) == _numbers(ENGLISH)


@pytest.mark.parametrize("readme", [ENGLISH, CHINESE], ids=lambda path: path.name)
class FormTests:
    def test_it_can_be_read_at_one_sitting(self, readme: Path) -> None:
        assert len(readme.read_text(encoding="utf-8").splitlines()) <= 150

    def test_its_links_lead_somewhere(self, readme: Path) -> None:
        links = re.findall(r"\]\(([^)#:]+)\)", readme.read_text(encoding="utf-8"))
        assert links
        assert [to for to in links if not (newcomer.CHECKOUT / to).exists()] == []


def _guesses(period: timedelta, *, owner_signs_in: bool = False) -> int:
    """Attack one number as fast as its limits allow, and count the guesses."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    end, sent_at, failed, guesses = now + period, [], 0, 0
    while (now := now + (limits.send_wait(sent_at, now) or timedelta())) < end:
        sent_at = limits.with_send(sent_at, now)
        failed = 0 if owner_signs_in else failed
        for _ in range(settings.MAX_CHECKS):
            failed += 1
            guesses += 1
            now = limits.lockout(failed, now) or now
    return guesses


def _figures(guesses: int) -> list[str]:
    """Return how many guesses, and how likely one of them is right."""
    percent = 100 * guesses / 10**settings.CODE_LENGTH
    return [f"{guesses:,}", f"{percent:.2g} %"]


def _security() -> str:
    return newcomer.section("Security").replace("\n", " ")


def _row(number: int) -> list[str]:
    rows = re.findall(r"^\|(.+)\|$", newcomer.section("Security"), re.MULTILINE)
    return [cell.strip() for cell in rows[number + 1].split("|")][1:]


def _code(readme: Path) -> list[str]:
    """Return the blocks without their comments, which are translated."""
    code = newcomer.blocks(readme.read_text(encoding="utf-8"), r"(?:python|sh)")
    return [re.sub(r"  # .*", "", block) for block in code]


def _numbers(readme: Path) -> list[str]:
    return re.findall(r"\| ([\d,.]+(?: %)?) ", readme.read_text(encoding="utf-8"))
