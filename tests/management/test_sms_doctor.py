from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from sms_verification.management.commands.sms_doctor import Command
from tests.vendors import accepting


def examine(**options: Any) -> str:
    out = StringIO()
    call_command("sms_doctor", stdout=out, no_color=True, **options)
    return out.getvalue()


class DoctorTests:
    def test_tells_all_that_it_looked_at(self) -> None:
        assert examine().splitlines() == [
            "Settings",
            "  ✓ Each SMS_VERIFICATION setting is sound.",
            "Routes",
            "  ✓ +: default",
            "Provider 'default'",
            "  ✓ sms_verification.providers.locmem.LocmemProvider",
            "  ✓ Codes for every purpose can go to mainland China.",
            "  ✓ Codes for every purpose can go outside of mainland China.",
            "Site",
            "  ! The cache 'default' (LocMemCache) is not shared by processes.",
            "    Use Redis or Memcached, in CACHES or by RATELIMIT_USE_CACHE.",
            "  ✓ A client's address is that of whoever connects: no proxy is trusted.",
            "  ✓ A number typed without its country is one of CN.",
            "  ✓ Codes are derived from SECRET_KEY, with 0 fallbacks.",
            "  ✓ No test number can log in without an SMS.",
            "  ✓ DEBUG is off.",
        ]

    def test_fails_where_sending_would(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_DEVELOPMENT_PROVIDERS = []
        with pytest.raises(CommandError, match="See ✗ above") as caught:
            examine()
        assert caught.value.returncode == 1

    def test_looks_no_further_than_at_bad_settings(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_ROUTES = {"86": ["default"]}
        out = StringIO()
        with pytest.raises(CommandError):
            call_command("sms_doctor", stdout=out, no_color=True)
        title, line = out.getvalue().splitlines()
        assert title == "Settings"
        assert line.startswith("  ✗ SMS_VERIFICATION_ROUTES must be a dict")
        assert line.endswith("(sms_verification.E002)")

    def test_goes_on_after_what_does_not_keep_it_from_it(self, settings: Any) -> None:
        settings.AUTHENTICATION_BACKENDS = []
        told = examine()
        assert "  ! Nobody can log in by code" in told
        assert "    Add 'sms_verification.backends.PhoneCodeBackend'" in told
        assert "Site" in told

    def test_tells_its_own_findings_once(self, settings: Any, tmp_path: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            "default": accepting(),
            "console": {
                "BACKEND": "sms_verification.providers.console.ConsoleProvider",
                "OPTIONS": {"key": "an access key"},
            },
        }
        out = StringIO()
        with pytest.raises(CommandError):
            call_command("sms_doctor", stdout=out, no_color=True)
        assert out.getvalue().count("sms_verification.E101") == 1
        assert "an access key" not in out.getvalue()

    def test_is_not_stopped_by_what_it_is_to_tell(self) -> None:
        """As Django stops a command whose checks fail."""
        assert Command.requires_system_checks == []
