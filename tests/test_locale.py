from __future__ import annotations

import gettext
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sms_verification

PACKAGE = Path(sms_verification.__path__[0])
CATALOGUE = "locale/zh_Hans/LC_MESSAGES/django"

pytestmark = pytest.mark.skipif(
    shutil.which("xgettext") is None, reason="needs GNU gettext"
)


class TestChinese:
    def test_every_text_of_the_source_is_translated(self, tmp_path: Path) -> None:
        """If not: ``django-admin makemessages -l zh_Hans`` inside of the package."""
        copy = tmp_path / "sms_verification"
        shutil.copytree(PACKAGE, copy)
        # -P, or the package's own types.py would be Python's.
        make = [sys.executable, "-Pm", "django", "makemessages", "-l", "zh_Hans"]
        bare = {"PATH": os.environ["PATH"]}
        subprocess.run(make, cwd=copy, check=True, capture_output=True, env=bare)
        made = (copy / f"{CATALOGUE}.po").read_text()
        told = subprocess.run(
            ["msgfmt", "--statistics", "-o", tmp_path / "mo", "-"],
            input=made.encode(),
            check=True,
            capture_output=True,
        ).stderr.decode()
        assert "untranslated" not in told
        assert "fuzzy" not in told
        assert "#~" not in made, "It translates what the source says no longer."

    def test_what_is_shipped_was_compiled_from_it(self, tmp_path: Path) -> None:
        source = PACKAGE / f"{CATALOGUE}.po"
        subprocess.run(
            ["msgfmt", "--check-format", "-o", tmp_path / "mo", source], check=True
        )
        with (tmp_path / "mo").open("rb") as made:
            fresh = gettext.GNUTranslations(made)
        with (PACKAGE / f"{CATALOGUE}.mo").open("rb") as shipped:
            old = gettext.GNUTranslations(shipped)
        assert vars(old)["_catalog"] == vars(fresh)["_catalog"]
