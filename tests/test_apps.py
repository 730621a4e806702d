from __future__ import annotations

import subprocess
import sys
from typing import Any

from django.apps import apps

# A host in its own process. Whatever reaches for the network is an error.
HOST = """
import sys

def refuse(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        raise SystemExit(f"{event} during set-up")

sys.addaudithook(refuse)

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="a key for tests",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "sms_verification",
    ],
    AUTHENTICATION_BACKENDS=["sms_verification.backends.PhoneCodeBackend"],
)
django.setup()
print(*sorted(sys.modules), sep="\\n")
"""


def imported() -> set[str]:
    """Return what a host has imported when ``django.setup()`` is done."""
    command = [sys.executable, "-W", "error", "-c", HOST]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return set(run.stdout.split())


class TestSetup:
    def test_of_a_host_costs_no_sdk_no_metadata_and_no_network(self) -> None:
        modules = imported()
        assert {"sms_verification.checks", "sms_verification.models"} <= modules
        assert not {m for m in modules if ".data.region_" in m}
        packages = {module.partition(".")[0].lower() for module in modules}
        assert packages.isdisjoint(
            {
                "aiohttp",
                "alibabacloud_dysmsapi20170525",
                "alibabacloud_tea_openapi",
                "darabonba",
                "drf_spectacular",
                "httpx",
                "pytest",
                "requests",
                "tea",
                "tencentcloud",
                "twilio",
                "urllib3",
            }
        )
        # Each is imported when its alias is first used.
        vendors = {m for m in modules if m.startswith("sms_verification.providers.")}
        assert vendors == {"sms_verification.providers.base"}
        assert "sms_verification.testing" not in modules


class TestReady:
    def test_needs_no_drf_spectacular(self, settings: Any) -> None:
        """In a process of its own above; here for what is measured."""
        without = [a for a in settings.INSTALLED_APPS if a != "drf_spectacular"]
        settings.INSTALLED_APPS = without
        assert not apps.is_installed("drf_spectacular")
        apps.get_app_config("sms_verification").ready()
