from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from sms_verification import registry
from sms_verification.exceptions import InvalidProvider
from sms_verification.providers.base import Provider
from sms_verification.providers.console import ConsoleProvider
from sms_verification.providers.dummy import DummyProvider
from sms_verification.types import SentMessage, SmsMessage

DUMMY = {"BACKEND": "sms_verification.providers.dummy.DummyProvider"}
SECRET = "an access key"


class Unfinished(Provider):
    """Its author forgot ``send``."""


class Keyed(Provider):
    def __init__(
        self, access_key: str, *, error: type[Exception] | None = None
    ) -> None:
        if error is not None:
            raise error(f"no SDK: install it, {access_key}")
        self.access_key = access_key

    def send(self, message: SmsMessage) -> SentMessage:
        return SentMessage()


def keyed(**options: Any) -> dict[str, Any]:
    return {"BACKEND": "tests.test_registry.Keyed", "OPTIONS": options}


class TestGetProvider:
    def test_builds_what_the_alias_names(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            "default": keyed(access_key="one"),
            "backup": DUMMY,
        }
        provider = registry.get_provider("default")
        assert isinstance(provider, Keyed)
        assert provider.access_key == "one"
        assert isinstance(registry.get_provider("backup"), DummyProvider)

    def test_keeps_it_and_its_connections(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": keyed(access_key="kept")}
        first = registry.get_provider("default")
        settings.SMS_VERIFICATION_PROVIDERS = {"default": keyed(access_key="kept")}
        assert registry.get_provider("default") is first

    def test_builds_anew_what_is_set_anew(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": keyed(access_key="old")}
        registry.get_provider("default")
        settings.SMS_VERIFICATION_PROVIDERS = {"default": keyed(access_key="new")}
        provider = registry.get_provider("default")
        assert isinstance(provider, Keyed)
        assert provider.access_key == "new"

    def test_takes_options_as_keyword_arguments(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            "default": {
                "BACKEND": "sms_verification.providers.console.ConsoleProvider",
                "OPTIONS": {"stream": None},
            }
        }
        assert isinstance(registry.get_provider("default"), ConsoleProvider)

    def test_knows_no_other_alias(self, settings: Any) -> None:
        with pytest.raises(InvalidProvider, match=r"\['backup'\]: there is no such"):
            registry.get_provider("backup")


class TestBadEntries:
    @pytest.mark.parametrize(
        ("entry", "expected"),
        [
            (None, "takes BACKEND and OPTIONS"),
            ("sms_verification.providers.dummy.DummyProvider", "takes BACKEND and"),
            ({**DUMMY, "OPTION": {}}, "takes BACKEND and OPTIONS"),
            ({}, "BACKEND is no dotted path"),
            ({"BACKEND": DummyProvider}, "BACKEND is no dotted path"),
            ({"BACKEND": "DummyProvider"}, "BACKEND: DummyProvider doesn't look like"),
            ({"BACKEND": "tests.nowhere.Provider"}, "BACKEND: No module named"),
            ({"BACKEND": "tests.factories.Nothing"}, "BACKEND: Module .* does not"),
            ({"BACKEND": "tests.factories.UserFactory"}, "BACKEND is no Provider"),
            ({"BACKEND": "tests.test_registry.keyed"}, "BACKEND is no Provider"),
            ({"BACKEND": "tests.test_registry.Unfinished"}, r"BACKEND has no send\(\)"),
            ({**DUMMY, "OPTIONS": {"key": SECRET}}, "OPTIONS: .*'key'"),
            ({**DUMMY, "OPTIONS": [SECRET]}, "OPTIONS: "),
            ({**DUMMY, "OPTIONS": {1: SECRET}}, "OPTIONS: "),
            (keyed(), "OPTIONS: missing a required argument: 'access_key'"),
        ],
    )
    def test_are_named_and_their_options_not_told(
        self, settings: Any, entry: object, expected: str
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"backup": entry}
        with pytest.raises(InvalidProvider, match=expected) as caught:
            registry.get_provider("backup")
        text = str(caught.value)
        assert text.startswith("SMS_VERIFICATION_PROVIDERS['backup']: ")
        assert SECRET not in text

    @pytest.mark.parametrize("error", [ImportError, ImproperlyConfigured])
    def test_a_provider_says_what_it_lacks(
        self, settings: Any, error: type[Exception]
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            "default": keyed(access_key="...", error=error)
        }
        with pytest.raises(InvalidProvider, match="no SDK: install it"):
            registry.get_provider("default")

    def test_what_else_it_raises_may_hold_a_key(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            "default": keyed(access_key=SECRET, error=KeyError)
        }
        with pytest.raises(InvalidProvider, match="KeyError") as caught:
            registry.get_provider("default")
        assert SECRET not in str(caught.value)
        assert caught.value.__suppress_context__

    def test_one_that_was_mended_is_built(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": keyed()}
        with pytest.raises(InvalidProvider):
            registry.get_provider("default")
        settings.SMS_VERIFICATION_PROVIDERS = {"default": DUMMY}
        assert isinstance(registry.get_provider("default"), DummyProvider)
