"""The recipes of the docs, each in a site and a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.newcomer import CHECKOUT, blocks

ENGLISH = CHECKOUT / "docs/recipes.md"
CHINESE = CHECKOUT / "docs/recipes.zh-CN.md"

# By their place in the page, which is the same in both languages.
SERIALIZER, DJ_REST_AUTH, JWT, DJOSER, AXES, OWN_MODEL, OWN_FIELD = range(7)

SITES = {
    "dj_rest_auth": (["dj_rest_auth"], [SERIALIZER, DJ_REST_AUTH]),
    "dj_rest_auth_jwt": (["dj_rest_auth"], [SERIALIZER, DJ_REST_AUTH, JWT]),
    "djoser": (["djoser"], [SERIALIZER, DJOSER]),
    "axes": (["axes"], [AXES]),
    "own_model": ([], [OWN_MODEL]),
    "own_field": ([], [OWN_MODEL, OWN_FIELD]),
}

START = {
    "settings.py": (
        "from tests.settings import *\n"
        "ROOT_URLCONF = 'mysite.urls'\n"
        "INSTALLED_APPS = [app for app in INSTALLED_APPS if 'token' not in app]\n"
        "DATABASES['default']['ATOMIC_REQUESTS'] = True\n"
    ),
    "urls.py": "from tests.urls import *\n",
}

# They say how the outer run goes: its worker, its server, its options.
_OURS = (
    "DATABASE",
    "DJANGO_SETTINGS_MODULE",
    "PYTEST_",
    "PYTHONWARNINGS",
    "SQLITE",
    "USER_MODEL",
)


@pytest.mark.parametrize("site", SITES)
def test_a_recipe_holds(site: str, tmp_path: Path) -> None:
    packages, sections = SITES[site]
    for package in packages:
        pytest.importorskip(package)
    _make(tmp_path / "mysite", ENGLISH, sections)
    env = {n: v for n, v in os.environ.items() if not n.startswith(_OURS)}
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--ds=mysite.settings", "-q"),
            *("-p", "no:cacheprovider", "-p", "no:randomly"),
            # Of the other packages'.
            *("-W", "default"),
            CHECKOUT / f"tests/recipes/hosts/{site}.py",
        ],
        cwd=CHECKOUT,
        env={**env, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_chinese_code_is_the_same() -> None:
    assert _code(ENGLISH) == _code(CHINESE)


def test_each_part_is_run() -> None:
    run = {part for _packages, parts in SITES.values() for part in parts}
    assert run == set(range(len(_parts(ENGLISH))))


def _make(folder: Path, page: Path, sections: list[int]) -> None:
    """Make a site of what the page tells, each block added to the file it names."""
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name, text in START.items():
        (folder / name).write_text(text)
    parts = _parts(page)
    for part in sections:
        for block in blocks(parts[part], "python"):
            first = re.match(r"# mysite/(\w+\.py)\n", block)
            assert first is not None, block
            with (folder / first[1]).open("a") as file:
                file.write(f"\n{block}")


def _parts(page: Path) -> list[str]:
    """Return the parts under a heading that have code."""
    parts = re.split(r"^##+ .+$", page.read_text("utf-8"), flags=re.MULTILINE)
    return [part for part in parts if blocks(part, "python")]


def _code(page: Path) -> list[str]:
    """Return the blocks without comments and texts, which are translated."""
    found = blocks(page.read_text("utf-8"), "python")
    return [re.sub(r'  # .*|^ *# (?!mysite).*|f".*"', "", b, flags=re.M) for b in found]
