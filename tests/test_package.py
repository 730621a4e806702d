"""The package as it is published, and who installs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tests.newcomer import CHECKOUT, Host, Server, blocks, section

pytestmark = pytest.mark.package

PACKAGE = "sms_verification"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and the wheel from that."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--outdir", folder, CHECKOUT]
    subprocess.run(build, check=True)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


class ContentTests:
    def test_the_wheel_holds_the_whole_package_and_nothing_else(
        self, wheel: Path
    ) -> None:
        names = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
        assert names == _tracked(PACKAGE)

    @pytest.mark.parametrize(
        "name",
        [
            "py.typed",
            "migrations/0001_initial.py",
            "locale/zh_Hans/LC_MESSAGES/django.mo",
            "static/sms_verification/pages.js",
            "templates/sms_verification/login.html",
        ],
    )
    def test_the_wheel_holds_what_is_no_module(self, wheel: Path, name: str) -> None:
        assert f"{PACKAGE}/{name}" in zipfile.ZipFile(wheel).namelist()

    def test_the_sdist_can_run_the_suite(self, dist: Path) -> None:
        (path,) = dist.glob("*.tar.gz")
        with tarfile.open(path) as sdist:
            names = {name.partition("/")[2] for name in sdist.getnames()}
        tests = _tracked("tests") | _tracked("example_project") | _tracked("docs")
        assert {"LICENSE", "README.md", "dev.py", "tox.ini", *tests} <= names

    def test_the_wheel_asks_for_four_packages(self, wheel: Path) -> None:
        (name,) = [n for n in zipfile.ZipFile(wheel).namelist() if "METADATA" in n]
        metadata = Parser().parsestr(zipfile.ZipFile(wheel).read(name).decode())
        required = metadata.get_all("Requires-Dist", [])
        assert {re.split(r"[<>=]", r)[0] for r in required if "extra" not in r} == {
            "django",
            "django-ratelimit",
            "djangorestframework",
            "phonenumbers",
        }


class NewcomerTests:
    def test_the_quickstart_signs_a_user_in(self, wheel: Path, tmp_path: Path) -> None:
        python = _fresh_python(tmp_path / "venv")
        host = Host(tmp_path, python)
        install = blocks(section("Quickstart"), "sh")[0]
        arguments = install.split()[1:]
        assert arguments[-1] == '"django-sms-verification[pages]"'
        host.run(python, "-m", "pip", "--quiet", *arguments[:-1], f"{wheel}[pages]")
        host.follow_quickstart()
        with Server(host) as server:
            assert json.loads(server.sign_in(tmp_path)) == {"user": {"id": 1}}
            admin = host.run("curl", "-sL", "-b", "cookies", f"{server.url}/admin/")
        assert "You are authenticated as user_" in admin
        host.run(python, "manage.py", "check", "--fail-level", "WARNING")

    def test_the_pages_say_what_they_need(self, wheel: Path, tmp_path: Path) -> None:
        python = _fresh_python(tmp_path / "venv")
        host = Host(tmp_path, python)
        host.run(python, "-m", "pip", "--quiet", "install", wheel)
        with pytest.raises(AssertionError, match=r"sms-verification\[pages\]"):
            host.run(python, "-c", "import sms_verification.web.countries")


def _tracked(folder: str) -> set[str]:
    listing = subprocess.run(
        ["git", "ls-files", folder],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(listing.stdout.splitlines())


def _fresh_python(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    scripts = "Scripts" if os.name == "nt" else "bin"
    return folder / scripts / "python"
