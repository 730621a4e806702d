"""The page on the flows, run from top to bottom against a newcomer's project."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import newcomer

ENGLISH = newcomer.CHECKOUT / "docs/flows.md"
CHINESE = newcomer.CHECKOUT / "docs/flows.zh-CN.md"

# By the key of an answer, the word that stands for its value.
WORDS = {
    "id": "VERIFICATION",
    "proof": "PROOF",
    "token": "TOKEN",
    "access": "ACCESS",
    "refresh": "REFRESH",
}
MOMENTS = {"expires_at", "resend_at"}

# Nobody waits a minute in a test, and bob not for 90 days.
UNHURRIED = """
from datetime import timedelta
SMS_VERIFICATION_RESEND_COOLDOWNS = [timedelta(microseconds=1)]
SMS_VERIFICATION_PHONE_NUMBER_LIMITS = ["1000/s"]
SMS_VERIFICATION_CLIENT_LIMITS = {"start": ["1000/s"], "check": ["1000/s"]}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""
LONG_AGO = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from sms_verification.models import PhoneNumber
long_ago = timezone.now() - timedelta(days=91)
User.objects.filter(username="bob").update(last_login=long_ago)
PhoneNumber.objects.filter(user__username="bob").update(verified_at=long_ago)
"""

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing")


@dataclass
class Reader:
    """Does what the page says, and keeps what the server makes up."""

    host: newcomer.Host
    stack: ExitStack
    server: newcomer.Server | None = None
    functions: str = ""
    sent: int = 0
    known: dict[str, str] = field(default_factory=dict)

    def change(self, block: str) -> None:
        """Add a block to the file that it names."""
        name = block.splitlines()[0].removeprefix("# ")
        with (self.host.folder / name).open("a") as file:
            file.write(f"\n{block}")
        self.stack.close()
        self.server = None

    def run(self, block: str) -> dict[str, Any]:
        """Run the commands of a block. Return what the last one answered."""
        if "sms() {" in block:
            self.functions = block
            return {}
        answers = [self._run(command) for command in block.splitlines()]
        return answers[-1]

    def _run(self, command: str) -> dict[str, Any]:
        if self.server is None:
            self.host.run(sys.executable, "manage.py", "migrate", "--verbosity", "0")
            self.server = self.stack.enter_context(newcomer.Server(self.host))
            self.sent = 0
        for word, value in self.known.items():
            command = re.sub(rf"\b{word}\b", value, command)
        text = self.server.shell(f"{self.functions}\n{command}", self.host.folder)
        answer = json.loads(text) if text else {}
        if answer.get("delivery"):
            self.sent += 1
            # Not those that carry no code: the old number is told of a change.
            sent = rf"(?s)(?:SMS to \S+: (\d{{6}}).*?){{{self.sent}}}"
            self.known["123456"] = self.server.wait_for(sent)
        return self._remember(answer)

    def _remember(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Return the answer with its words in place of what the server made up."""
        told = dict(answer)
        for key in answer.keys() & WORDS.keys():
            self.known[WORDS[key]] = answer[key]
            told[key] = WORDS[key]
        return told


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    host = newcomer.Host(tmp_path, sys.executable, PYTHONPATH=str(newcomer.CHECKOUT))
    host.follow_quickstart()
    with ExitStack() as stack:
        yield Reader(host, stack)


@needs_curl
class FlowsPageTests:
    def test_its_commands_answer_as_it_says(self, reader: Reader) -> None:
        reader.change(f"# mysite/settings.py{UNHURRIED}")
        answer: dict[str, Any] = {}
        for language, block in steps(ENGLISH):
            if language == "### step_up_required":
                reader.host.run(sys.executable, "manage.py", "shell", "-c", LONG_AGO)
            elif language == "python":
                reader.change(block)
            elif language == "sh":
                answer = reader.run(block)
            elif language == "json":
                assert timeless(answer) == timeless(json.loads(block)), block


class TranslationTests:
    def test_the_code_is_the_same(self) -> None:
        assert code(CHINESE) == code(ENGLISH)

    def test_the_order_is_the_same(self) -> None:
        assert order(CHINESE) == order(ENGLISH)

    def test_the_names_are_the_same(self) -> None:
        assert names(CHINESE) == names(ENGLISH)


@pytest.mark.parametrize("page", [ENGLISH, CHINESE], ids=lambda page: page.name)
class LinksTests:
    def test_they_lead_somewhere(self, page: Path) -> None:
        links = re.findall(r"\]\(([^)#:]+)", page.read_text("utf-8"))
        assert links
        assert [to for to in links if not (page.parent / to).exists()] == []


def steps(page: Path) -> list[tuple[str, str]]:
    """Return each block with its language, and the headings between them."""
    pattern = r"^```(python|sh|json)\n(.*?)^```$|^(#+ [^\n]+)$"
    found = re.finditer(pattern, page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [(match[1] or match[3], match[2] or "") for match in found]


def timeless(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer in which any moment and any count of seconds will do."""
    seconds = {"expires_in": 300, "resend_in": 65}
    return {
        key: key if key in MOMENTS else seconds.get(key, value)
        for key, value in answer.items()
    }


def code(page: Path) -> list[tuple[str, str]]:
    """Return the blocks without their comments, which are translated."""
    blocks = [step for step in steps(page) if not step[0].startswith("#")]
    return [(language, re.sub(r" # .*", "", block)) for language, block in blocks]


def order(page: Path) -> list[str]:
    """Return the languages of the blocks, and the levels of the headings."""
    return [kind.split()[0] for kind, _block in steps(page)]


def names(page: Path) -> list[str]:
    prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    return sorted(re.findall(r"`([^`]+)`", prose))
