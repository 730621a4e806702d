from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent

if find_spec("playwright"):
    from tests.browser.fixtures import (
        chromium,
        new_context,
        new_person,
        person,
        site,
        watch,
    )
else:
    # Environments that do without it leave these tests out anyway.
    collect_ignore_glob = ["test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")
