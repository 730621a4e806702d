from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from sms_verification.providers.file import FileProvider
from sms_verification.testing import ProviderContract
from sms_verification.types import SentMessage, SmsMessage

# Long lines, and many of them at the same time: a second write for the end of a
# line would meet another's beginning.
WRITER = """
import sys
from datetime import timedelta

import django
from django.conf import settings

settings.configure()
django.setup()
from sms_verification.providers.file import FileProvider
from sms_verification.types import SmsMessage

path, letter = sys.argv[1:]
provider = FileProvider(path)
print("ready", flush=True)
sys.stdin.readline()
for number in range(100):
    provider.send(
        SmsMessage(
            phone_number="+8613800138000",
            code=f"{number:06}",
            purpose=letter * 40_000,
            lifetime=timedelta(minutes=5),
            language="en",
            delivery_id="d1",
        )
    )
"""


def writer(path: Path, letter: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, path, letter],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def message(**changes: str) -> SmsMessage:
    fields = {
        "phone_number": "+8613800138000",
        "code": "012345",
        "purpose": "login",
        "language": "en",
        "delivery_id": "d1",
        **changes,
    }
    return SmsMessage(lifetime=timedelta(minutes=5), **fields)


class TestFileProvider:
    def test_writes_an_object_a_line(self, tmp_path: Path) -> None:
        provider = FileProvider(tmp_path / "sms")
        assert provider.send(message()) == SentMessage(message_id="d1")
        provider.send(message(code="999999", delivery_id="d2"))
        first, second = (tmp_path / "sms").read_text().splitlines()
        assert json.loads(first) == {
            "phone_number": "+8613800138000",
            "code": "012345",
            "purpose": "login",
            "language": "en",
            "delivery_id": "d1",
            "text": "012345 is your verification code. It is valid for 5 minutes.",
        }
        assert json.loads(second)["delivery_id"] == "d2"

    def test_takes_the_path_as_a_string(self, tmp_path: Path) -> None:
        FileProvider(str(tmp_path / "sms")).send(message())
        assert (tmp_path / "sms").exists()

    def test_the_file_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            FileProvider(tmp_path / "sms").send(message())
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "sms").stat().st_mode) == 0o600

    def test_a_path_that_is_none_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            FileProvider(tmp_path / "nowhere" / "sms").send(message())

    def test_no_descriptor_is_left_open(self, tmp_path: Path) -> None:
        provider = FileProvider(tmp_path / "sms")
        provider.send(message())
        before = os.listdir("/dev/fd")
        provider.send(message())
        assert os.listdir("/dev/fd") == before

    def test_lines_of_processes_do_not_mix(self, tmp_path: Path) -> None:
        path = tmp_path / "sms"
        writers = [writer(path, letter) for letter in "abc"]
        for one in writers:
            assert one.stdout is not None
            assert one.stdout.readline() == b"ready\n"
        for one in writers:
            assert one.stdin is not None
            one.stdin.write(b"go\n")
            one.stdin.flush()
        assert [one.communicate(timeout=60) for one in writers] == [(b"", None)] * 3
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert len(lines) == 300
        assert {line["purpose"] for line in lines} == {c * 40_000 for c in "abc"}

    def test_is_for_development(self) -> None:
        assert FileProvider.for_development


class TestFileContract(ProviderContract):
    backend = "sms_verification.providers.file.FileProvider"

    @pytest.fixture(autouse=True)
    def _path(self, tmp_path: Path) -> None:
        self.options = {"path": tmp_path / "sms"}
