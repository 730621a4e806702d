from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.views.debug import ExceptionReporter

from sms_verification import conf
from sms_verification.conf import settings as ours
from sms_verification.exceptions import UnknownPurpose
from sms_verification.types import Rate, TestNumber

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def bare(settings: Any) -> Any:
    """The settings of a host that has set nothing of ours."""
    for name in dir(django_settings):
        if name.startswith("SMS_VERIFICATION_"):
            delattr(settings, name)
    return settings


@pytest.mark.usefixtures("bare")
class TestDefaults:
    def test_a_code_is_written_to_the_console(self) -> None:
        backend = "sms_verification.providers.console.ConsoleProvider"
        assert ours.PROVIDERS == {"default": {"BACKEND": backend}}
        assert ours.ROUTES == {"+": ["default"]}
        assert ours.DEVELOPMENT_PROVIDERS == []
        assert ours.SIMULATORS is False

    def test_a_code_has_six_digits_and_lives_five_minutes_or_ten(self) -> None:
        assert ours.CODE_LENGTH == 6
        assert ours.CODE_LIFETIME == timedelta(minutes=5)
        assert ours.MAX_LIFETIME == timedelta(minutes=10)

    def test_guesses_are_few_and_a_hundred_of_them_lock(self) -> None:
        assert ours.MAX_CHECKS == 5
        assert ours.LOCKOUT_AFTER == 100
        assert ours.LOCKOUT == DAY

    def test_sends_to_a_number_slow_down(self) -> None:
        seconds = [cooldown.total_seconds() for cooldown in ours.RESEND_COOLDOWNS]
        assert seconds == [65, 65, 120, 300, 600]
        assert ours.PHONE_NUMBER_LIMITS == [Rate(5, HOUR), Rate(10, DAY)]

    def test_an_address_has_room_for_many_people(self) -> None:
        assert ours.CLIENT_LIMITS == {
            "start": [Rate(20, HOUR), Rate(60, DAY)],
            "check": [Rate(60, HOUR)],
        }
        assert ours.TRUSTED_PROXIES == 0

    def test_nobody_is_made_a_user_and_no_number_is_for_tests(self) -> None:
        assert ours.ACCOUNTS == "sms_verification.accounts.LinkedAccounts"
        assert ours.CREATE_USERS is False
        assert ours.TEST_NUMBERS == {}

    def test_a_number_is_typed_with_its_country(self) -> None:
        assert ours.DEFAULT_REGION is None

    def test_attempts_are_kept_for_half_a_year(self) -> None:
        assert ours.RETENTION == timedelta(days=180)

    def test_the_four_purposes(self) -> None:
        assert list(ours.PURPOSES) == [
            "register",
            "login",
            "reset_password",
            "change_phone",
        ]
        assert [p.name for p in ours.PURPOSES.values()] == list(ours.PURPOSES)
        assert {p.code_length for p in ours.PURPOSES.values()} == {6}


class TestPurposes:
    def names(self, quality: str) -> set[str]:
        return {p.name for p in ours.PURPOSES.values() if getattr(p, quality)}

    def test_a_login_and_a_reset_need_an_account(self) -> None:
        assert self.names("needs_account") == {"login", "reset_password"}

    def test_a_login_that_makes_users_needs_none(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_CREATE_USERS = True
        assert self.names("needs_account") == {"reset_password"}

    def test_a_change_needs_somebody_signed_in(self) -> None:
        assert self.names("signed_in") == {"change_phone"}

    def test_test_numbers_log_in_and_register_only(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {"vote": {}}
        assert self.names("test_numbers") == {"login", "register"}

    def test_a_host_adds_its_own(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {
            "vote": {"CODE_LENGTH": 8, "NEEDS_ACCOUNT": True, "SIGNED_IN": True}
        }
        vote = ours.purpose("vote")
        assert (vote.name, vote.code_length) == ("vote", 8)
        assert vote.needs_account
        assert vote.signed_in

    def test_a_host_changes_ours_in_part(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {"change_phone": {"CODE_LENGTH": 8}}
        change = ours.purpose("change_phone")
        assert (change.code_length, change.signed_in) == (8, True)
        assert ours.purpose("login").code_length == 6

    def test_a_host_switches_off_one_of_ours(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PURPOSES = {"register": None}
        assert list(ours.PURPOSES) == ["login", "reset_password", "change_phone"]
        with pytest.raises(UnknownPurpose):
            ours.purpose("register")

    def test_an_unlisted_one_is_refused(self) -> None:
        with pytest.raises(UnknownPurpose):
            ours.purpose("vote")


class TestSecretKeys:
    def test_are_djangos_with_its_fallbacks(self, settings: Any) -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
        assert ours.SECRET_KEYS == ["new", "old"]

    def test_the_apps_own_stands_alone(self, settings: Any) -> None:
        """Or a leak of Django's would still be one of the app's."""
        settings.SECRET_KEY_FALLBACKS = ["old"]
        settings.SMS_VERIFICATION_SECRET_KEY = "own"
        assert ours.SECRET_KEYS == ["own"]

    def test_the_apps_own_has_fallbacks_of_its_own(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_SECRET_KEY = b"own"
        settings.SMS_VERIFICATION_SECRET_KEY_FALLBACKS = ["older"]
        assert ours.SECRET_KEYS == [b"own", "older"]

    def test_fallbacks_alone_go_with_djangos_key(self, settings: Any) -> None:
        settings.SECRET_KEY = "new"
        settings.SMS_VERIFICATION_SECRET_KEY_FALLBACKS = ["older"]
        assert ours.SECRET_KEYS == ["new", "older"]

    @pytest.mark.parametrize("fallbacks", ["a long old key", b"a long old key"])
    def test_a_string_is_no_list_of_one_letter_keys(
        self, settings: Any, fallbacks: object
    ) -> None:
        settings.SMS_VERIFICATION_SECRET_KEY_FALLBACKS = fallbacks
        with pytest.raises(ImproperlyConfigured, match="a list of keys") as caught:
            _ = ours.SECRET_KEYS
        assert "a long old key" not in str(caught.value)

    @pytest.mark.parametrize("fallbacks", [[""], [None], [42]])
    def test_an_empty_key_is_none(self, settings: Any, fallbacks: object) -> None:
        settings.SMS_VERIFICATION_SECRET_KEY_FALLBACKS = fallbacks
        with pytest.raises(ImproperlyConfigured, match="must be a str or bytes"):
            _ = ours.SECRET_KEYS


class TestValues:
    def test_test_numbers_are_read(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_TEST_NUMBERS = {
            "+8613800138000": {"secret_code": "314159", "until": date(2026, 1, 5)}
        }
        made = TestNumber("314159", date(2026, 1, 5))
        assert ours.TEST_NUMBERS == {"+8613800138000": made}

    def test_one_client_limit_leaves_the_other_as_it_is(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_CLIENT_LIMITS = {"start": []}
        assert ours.CLIENT_LIMITS == {"start": [], "check": [Rate(60, HOUR)]}

    def test_a_region_is_a_country(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_DEFAULT_REGION = "GB"
        assert ours.DEFAULT_REGION == "GB"

    def test_routes_are_copied(self, settings: Any) -> None:
        aliases = ("default",)
        settings.SMS_VERIFICATION_ROUTES = {"+86": aliases}
        assert ours.ROUTES == {"+86": ["default"]}

    def test_nothing_is_remembered(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_MAX_CHECKS = 3
        assert ours.MAX_CHECKS == 3
        settings.SMS_VERIFICATION_MAX_CHECKS = 4
        assert ours.MAX_CHECKS == 4


BAD = [
    ("PROVIDERS", "default", "a dict of aliases"),
    ("PROVIDERS", {}, "a dict of aliases"),
    ("PROVIDERS", {1: {}}, "a dict of short names"),
    ("PROVIDERS", {"": {}}, "a dict of short names"),
    ("PROVIDERS", {"a" * 65: {}}, "a dict of short names"),
    ("PROVIDERS", {"cn/main": {}}, "short names without a slash, not 'cn/main'"),
    ("ROUTES", ["default"], "a dict of prefixes"),
    ("ROUTES", {"86": ["default"]}, "keys are like '\\+86'"),
    ("ROUTES", {86: ["default"]}, "keys are like '\\+86'"),
    ("ROUTES", {"+86": "default"}, "values are lists"),
    ("ROUTES", {"+86": []}, "values are lists"),
    ("ROUTES", {"+86": ["default", "default"]}, "aliases that stand once"),
    ("ROUTES", {"+86": ["aliyun"]}, "aliases of PROVIDERS, not 'aliyun'"),
    ("ROUTES", {"+86": [["default"]]}, "aliases of PROVIDERS"),
    ("DEVELOPMENT_PROVIDERS", "default", "a list of strings"),
    ("CODE_LENGTH", 3, "from 4 to 10"),
    ("CODE_LIFETIME", 300, "a timedelta"),
    ("MAX_LIFETIME", timedelta(minutes=4), "at least CODE_LIFETIME"),
    ("MAX_LIFETIME", timedelta(minutes=11), "at most ten minutes"),
    ("MAX_CHECKS", 0, "from 1 to 10"),
    ("MAX_CHECKS", 11, "from 1 to 10"),
    ("RESEND_COOLDOWNS", timedelta(minutes=1), "a list of timedeltas"),
    ("RESEND_COOLDOWNS", [], "a list of timedeltas"),
    ("RESEND_COOLDOWNS", [60], "a list of timedeltas"),
    ("PHONE_NUMBER_LIMITS", "5/h", "lists of rates"),
    ("CLIENT_LIMITS", ["5/h"], "a dict of 'start' and 'check'"),
    ("CLIENT_LIMITS", {"resend": ["5/h"]}, "a dict of 'start' and 'check'"),
    ("CLIENT_LIMITS", {"start": "5/h"}, "lists of rates"),
    ("LOCKOUT_AFTER", 101, "from 1 to 100"),
    ("LOCKOUT", timedelta(0), "a timedelta"),
    ("DEFAULT_REGION", "UK", "a country code"),
    ("DEFAULT_REGION", "cn", "a country code"),
    ("DEFAULT_REGION", 86, "a country code"),
    ("PURPOSES", ["vote"], "a dict of names"),
    ("PURPOSES", {"Vote": {}}, "lower case"),
    ("PURPOSES", {"v" * 33: {}}, "lower case"),
    ("PURPOSES", {7: {}}, "lower case"),
    ("PURPOSES", {"vote": None}, "made of"),
    ("PURPOSES", {"vote": {"LENGTH": 6}}, "made of"),
    ("PURPOSES", {"vote": {"CODE_LENGTH": 3}}, "from 4 to 10"),
    ("PURPOSES", {"vote": {"SIGNED_IN": "no"}}, "True or False"),
    ("PURPOSES", {"vote": {"NEEDS_ACCOUNT": 0}}, "True or False"),
    ("ACCOUNTS", "Accounts", "the dotted path"),
    ("CREATE_USERS", "no", "True or False"),
    ("SIMULATORS", 1, "True or False"),
    ("TRUSTED_PROXIES", -1, "from 0"),
    ("TEST_NUMBERS", ["+8613800138000"], "a dict of E.164 numbers"),
    ("RETENTION", timedelta.max, "a timedelta"),
    ("RETENTION", timedelta(hours=23), "a day and as long as any limit"),
]


class TestBadValues:
    @pytest.mark.parametrize(("name", "value", "expected"), BAD)
    def test_are_refused_by_name(
        self, settings: Any, name: str, value: object, expected: str
    ) -> None:
        setattr(settings, f"SMS_VERIFICATION_{name}", value)
        with pytest.raises(ImproperlyConfigured, match=expected) as caught:
            getattr(ours, name)
        assert str(caught.value).startswith(f"SMS_VERIFICATION_{name} ")

    @pytest.mark.parametrize("name", ["PROVIDERS", "TEST_NUMBERS"])
    def test_that_may_hold_secrets_are_not_told(self, settings: Any, name: str) -> None:
        setattr(settings, f"SMS_VERIFICATION_{name}", ["an access key"])
        with pytest.raises(ImproperlyConfigured) as caught:
            getattr(ours, name)
        assert "an access key" not in str(caught.value)

    def test_of_an_alias_tell_no_key_in_an_error_report(self, settings: Any) -> None:
        entry = {"OPTIONS": {"acess_key": "an access key"}}
        settings.SMS_VERIFICATION_PROVIDERS = {"cn/main": entry}
        with pytest.raises(ImproperlyConfigured) as caught:
            _ = ours.PROVIDERS
        reporter = ExceptionReporter(
            None, caught.type, caught.value, caught.value.__traceback__
        )
        frames = reporter.get_traceback_frames()
        read = [f["vars"] for f in frames if f["filename"] == conf.__file__]
        assert read
        assert "an access key" not in repr(read)
