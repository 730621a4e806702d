from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core import checks, mail
from django.core.checks import CheckMessage

from sms_verification import checks as checks_module
from sms_verification.axes import username
from sms_verification.backends import PhoneCodeBackend
from sms_verification.checks import check_settings
from sms_verification.providers.base import Provider
from sms_verification.providers.locmem import LocmemProvider

LOCMEM = {"BACKEND": "sms_verification.providers.locmem.LocmemProvider"}


class ShortProvider(LocmemProvider):
    max_code_length = 6


class HostsBackend(PhoneCodeBackend):
    pass


def only(found: list[CheckMessage]) -> CheckMessage:
    assert len(found) == 1, found
    return found[0]


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    """A site that serves people: no test run, no DEBUG, a shared cache."""
    monkeypatch.delattr(mail, "outbox")
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}
    }
    return settings


class TestSettings:
    def test_a_sound_site_hears_nothing(self) -> None:
        assert check_settings() == []

    def test_a_sound_live_site_hears_nothing(self, live: Any) -> None:
        assert check_settings() == []

    def test_they_run_with_djangos_security_checks(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_MAX_CHECKS = 0
        found = checks.run_checks(tags=[checks.Tags.security])
        assert [message.id for message in found] == ["sms_verification.E007"]

    @pytest.mark.parametrize(
        ("name", "value", "id_"),
        [
            ("PROVIDERS", [], "E001"),
            ("ROUTES", [], "E002"),
            ("DEVELOPMENT_PROVIDERS", "default", "E003"),
            ("CODE_LENGTH", 3, "E004"),
            ("CODE_LIFETIME", 300, "E005"),
            ("MAX_LIFETIME", timedelta(minutes=11), "E006"),
            ("MAX_CHECKS", 0, "E007"),
            ("RESEND_COOLDOWNS", [], "E008"),
            ("PHONE_NUMBER_LIMITS", ["5"], "E009"),
            ("CLIENT_LIMITS", [], "E010"),
            ("LOCKOUT_AFTER", 101, "E011"),
            ("LOCKOUT", 24, "E012"),
            ("DEFAULT_REGION", "UK", "E013"),
            ("PURPOSES", [], "E014"),
            ("ACCOUNTS", "", "E015"),
            ("CREATE_USERS", "no", "E016"),
            ("TRUSTED_PROXIES", -1, "E017"),
            ("TEST_NUMBERS", [], "E018"),
            ("SECRET_KEY_FALLBACKS", "key", "E019"),
            ("RETENTION", 180, "E020"),
            ("SIMULATORS", "yes", "E021"),
            ("TASK_BACKEND", "nowhere", "E022"),
            ("LOGIN_WITH", "cookie", "E023"),
            ("ALLOW_STAFF", "yes", "E024"),
            ("DORMANT_AFTER", 90, "E025"),
        ],
    )
    def test_each_bad_one_is_an_error_of_its_own(
        self, settings: Any, name: str, value: object, id_: str
    ) -> None:
        setattr(settings, f"SMS_VERIFICATION_{name}", value)
        found = {message.id: message for message in check_settings()}
        assert found[f"sms_verification.{id_}"].level == checks.ERROR

    def test_all_bad_ones_are_told_at_once(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_MAX_CHECKS = 0
        settings.SMS_VERIFICATION_LOCKOUT = 0
        assert [message.id for message in check_settings()] == [
            "sms_verification.E007",
            "sms_verification.E012",
        ]

    def test_a_misspelt_one_is_a_warning(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_MAX_CHECK = 3
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.W001", checks.WARNING)
        assert found.msg == "There is no setting SMS_VERIFICATION_MAX_CHECK."

    @pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FALLBACKS"])
    def test_the_keys_are_known(self, settings: Any, name: str) -> None:
        setattr(settings, f"SMS_VERIFICATION_{name}", ["a key"])
        assert "sms_verification.W001" not in [m.id for m in check_settings()]


class TestProviders:
    def test_one_that_cannot_be_found(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            "default": LOCMEM,
            "backup": {"BACKEND": "tests.nowhere.Provider"},
        }
        found = only(check_settings())
        assert found.id == "sms_verification.E101"
        assert "SMS_VERIFICATION_PROVIDERS['backup']" in found.msg

    def test_one_with_an_option_that_it_does_not_take(self, settings: Any) -> None:
        entry = {**LOCMEM, "OPTIONS": {"access_key": "an access key"}}
        settings.SMS_VERIFICATION_PROVIDERS = {"default": entry}
        found = only(check_settings())
        assert found.id == "sms_verification.E101"
        assert "'access_key'" in found.msg
        assert "an access key" not in found.msg

    def test_one_for_development_on_a_live_site(self, live: Any) -> None:
        live.SMS_VERIFICATION_DEVELOPMENT_PROVIDERS = []
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.E102", checks.ERROR)
        assert "'default' (LocmemProvider)" in found.msg
        assert "DEVELOPMENT_PROVIDERS = ['default']" in str(found.hint)

    def test_one_for_development_is_welcome_in_debug(self, live: Any) -> None:
        live.SMS_VERIFICATION_DEVELOPMENT_PROVIDERS = []
        live.DEBUG = True
        assert check_settings() == []

    def test_one_that_cannot_carry_a_code(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            "default": {"BACKEND": "tests.test_checks.ShortProvider"}
        }
        settings.SMS_VERIFICATION_PURPOSES = {"vote": {"CODE_LENGTH": 7}}
        found = only(check_settings())
        assert found.id == "sms_verification.E103"
        assert found.msg == (
            "The provider 'default' carries codes of 6 digits, and 'vote' has 7."
        )

    def test_a_vendors_own_is_fit_for_a_live_site(self) -> None:
        assert Provider.for_development is False


class TestAccounts:
    @pytest.mark.parametrize(
        "path", ["tests.nowhere.Accounts", "tests.factories.nothing"]
    )
    def test_that_cannot_be_found(self, settings: Any, path: str) -> None:
        settings.SMS_VERIFICATION_ACCOUNTS = path
        assert only(check_settings()).id == "sms_verification.E104"

    @pytest.mark.parametrize(
        "path", ["tests.factories.UserFactory", "tests.test_checks.LOCMEM"]
    )
    def test_that_are_none(self, settings: Any, path: str) -> None:
        settings.SMS_VERIFICATION_ACCOUNTS = path
        found = only(check_settings())
        assert found.id == "sms_verification.E104"
        assert found.msg == "SMS_VERIFICATION_ACCOUNTS names no Accounts."

    def test_of_a_user_model_without_the_field(self, settings: Any) -> None:
        path = "sms_verification.accounts.UserFieldAccounts"
        settings.SMS_VERIFICATION_ACCOUNTS = path
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.E105", checks.ERROR)
        assert "'phone_number' with unique=True and null=True" in found.msg


class TestCodes:
    def test_four_digits_are_too_easy_to_guess(self, settings: Any) -> None:
        """R1 asks for 20 bits."""
        settings.SMS_VERIFICATION_PURPOSES = {"vote": {"CODE_LENGTH": 4}}
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.W002", checks.WARNING)
        assert found.msg.startswith("Codes for 'vote' have 4 digits")

    def test_every_purpose_that_has_them_is_named(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_CODE_LENGTH = 5
        assert [m.id for m in check_settings()] == ["sms_verification.W002"] * 4


class TestCache:
    @pytest.mark.parametrize(
        "backend",
        [
            "django.core.cache.backends.locmem.LocMemCache",
            "django.core.cache.backends.dummy.DummyCache",
        ],
    )
    def test_of_one_process_counts_in_that_alone(self, live: Any, backend: str) -> None:
        live.CACHES = {"default": {"BACKEND": backend}}
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.W003", checks.WARNING)

    def test_of_the_limits_is_the_one_that_matters(self, live: Any) -> None:
        local = "django.core.cache.backends.locmem.LocMemCache"
        live.CACHES = {"default": {"BACKEND": local}, "shared": live.CACHES["default"]}
        live.RATELIMIT_USE_CACHE = "shared"
        assert check_settings() == []

    def test_limits_that_are_switched_off_are_told(self, live: Any) -> None:
        live.RATELIMIT_ENABLE = False
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.W007", checks.WARNING)

    def test_of_one_process_will_do_for_development(self, live: Any) -> None:
        backend = "django.core.cache.backends.locmem.LocMemCache"
        live.CACHES = {"default": {"BACKEND": backend}}
        live.DEBUG = True
        assert check_settings() == []


class TestAtomicRequests:
    def test_are_explained(
        self, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        database = settings.DATABASES["default"]
        monkeypatch.setitem(database, "ATOMIC_REQUESTS", True)
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.W004", checks.WARNING)
        assert found.msg.startswith("DATABASES['default'] has ATOMIC_REQUESTS.")


class TestTestNumbers:
    def test_on_a_live_site_are_counted_and_not_told(self, live: Any) -> None:
        live.SMS_VERIFICATION_TEST_NUMBERS = {
            "+8613800138000": {"secret_code": "314159", "until": date(2026, 1, 5)}
        }
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.W005", checks.WARNING)
        assert found.msg.startswith("1 test number(s)")
        assert "13800138000" not in str(found)
        assert "314159" not in str(found)

    def test_in_development_are_nobodys_business(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_TEST_NUMBERS = {
            "+8613800138000": {"secret_code": "314159", "until": date(2026, 1, 5)}
        }
        assert check_settings() == []


class TestSimulators:
    def test_on_a_live_site_are_a_warning(self, live: Any) -> None:
        live.SMS_VERIFICATION_SIMULATORS = True
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.W008", checks.WARNING)

    def test_in_development_are_welcome(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_SIMULATORS = True
        assert check_settings() == []


class TestTimeZones:
    def test_are_needed(self, settings: Any) -> None:
        settings.USE_TZ = False
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.E110", checks.ERROR)


class TestBackend:
    @pytest.mark.parametrize(
        "paths",
        [
            [],
            ["django.contrib.auth.backends.ModelBackend"],
            ["tests.nowhere.Backend"],
            ["tests.test_checks.only"],
        ],
    )
    def test_that_is_missing_is_a_warning(
        self, settings: Any, paths: list[str]
    ) -> None:
        settings.AUTHENTICATION_BACKENDS = paths
        found = only(check_settings())
        assert (found.id, found.level) == ("sms_verification.W006", checks.WARNING)

    def test_of_the_hosts_that_builds_on_ours_will_do(self, settings: Any) -> None:
        settings.AUTHENTICATION_BACKENDS = ["tests.test_checks.HostsBackend"]
        assert check_settings() == []


class TestAxes:
    """Without its app: that changes the process for good. See ``tests/recipes``."""

    SENSITIVE = ["code", "old_proof", "phone_number", "proof", "verification"]

    @pytest.fixture
    def installed(self, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
        monkeypatch.setattr(checks_module.apps, "is_installed", {"axes"}.__contains__)
        settings.AXES_SENSITIVE_PARAMETERS = ["username", *self.SENSITIVE]
        settings.AXES_USERNAME_CALLABLE = "sms_verification.axes.username"
        return settings

    def test_a_site_that_tells_it_hears_nothing(self, installed: Any) -> None:
        assert check_settings() == []
        installed.AXES_USERNAME_CALLABLE = username
        assert check_settings() == []

    @pytest.mark.parametrize("name", SENSITIVE)
    def test_it_would_store_what_it_is_not_told_of(
        self, installed: Any, name: str
    ) -> None:
        installed.AXES_SENSITIVE_PARAMETERS.remove(name)
        found = only(check_settings())
        assert found.id == "sms_verification.W012"
        assert found.msg.endswith(f"post as {name}.")

    @pytest.mark.parametrize("named_by", [None, "mysite.name"])
    def test_it_cannot_count_codes_by_itself(
        self, installed: Any, named_by: str | None
    ) -> None:
        installed.AXES_USERNAME_CALLABLE = named_by
        found = only(check_settings())
        assert found.id == "sms_verification.W012"
        assert "sms_verification.axes.username" in str(found.hint)

    def test_unset_is_as_bad(self, installed: Any) -> None:
        del installed.AXES_SENSITIVE_PARAMETERS
        del installed.AXES_USERNAME_CALLABLE
        assert [message.id for message in check_settings()] == [
            "sms_verification.W012",
            "sms_verification.W012",
        ]
