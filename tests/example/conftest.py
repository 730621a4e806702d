"""The example site inside of this process, on the suite's own database."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from tests.newcomer import CHECKOUT

sys.path.insert(0, str(CHECKOUT / "example_project"))

# They say how this suite runs.
OURS = {"DATABASES", "LOGGING", "SECRET_KEY", "ALLOWED_HOSTS", "SMS_FILE"}

TOKENS = ["rest_framework.authtoken", "rest_framework_simplejwt.token_blacklist"]


@pytest.fixture
def sms_file(tmp_path: Path) -> Path:
    return tmp_path / "sms.jsonl"


@pytest.fixture(autouse=True)
def site(sms_file: Path) -> Iterator[None]:
    """The site's own settings, with an empty phone."""
    example = vars(importlib.import_module("example.settings"))
    names = {name for name in example if name.isupper()} - OURS
    provider = {
        "BACKEND": "sms_verification.providers.file.FileProvider",
        "OPTIONS": {"path": sms_file},
    }
    settings: dict[str, Any] = {
        **{name: example[name] for name in names},
        # Admin's site in this process has models of the suite's other apps.
        "INSTALLED_APPS": [*example["INSTALLED_APPS"], *TOKENS],
        "SMS_FILE": sms_file,
        "SMS_VERIFICATION_PROVIDERS": {"default": provider, "backup": provider},
    }
    with override_settings(**settings):
        yield
