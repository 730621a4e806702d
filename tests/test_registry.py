from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.views.debug import ExceptionReporter

from sms_verification import registry
from sms_verification.exceptions import InvalidProvider
from sms_verification.providers.base import Provider
from sms_verification.providers.console import ConsoleProvider
from sms_verification.providers.dummy import DummyProvider
from sms_verification.types import SentMessage, SmsMessage
from tests.newcomer import CHECKOUT

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


class Prepared(Provider):
    """Counts how often it was prepared, or cannot be."""

    count = 0

    def __init__(self, error: type[Exception] | None = None) -> None:
        self.error = error

    def prepare(self) -> None:
        if self.error is not None:
            raise self.error(f"no SDK: install it, {SECRET}")
        type(self).count += 1

    def send(self, message: SmsMessage) -> SentMessage:
        return SentMessage()


def prepared(error: type[Exception] | None = None) -> dict[str, Any]:
    return {"BACKEND": "tests.test_registry.Prepared", "OPTIONS": {"error": error}}


class TestPrepare:
    @pytest.fixture(autouse=True)
    def _uncounted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Prepared, "count", 0)
        monkeypatch.setattr(registry, "_built", {})

    def test_prepares_what_a_route_leads_to(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            alias: prepared() for alias in ("default", "cn", "unused")
        }
        settings.SMS_VERIFICATION_ROUTES = {"+86": ["cn"]}
        registry.prepare()
        assert Prepared.count == 2

    def test_keeps_what_it_prepared(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": prepared()}
        registry.prepare()
        (kept,) = registry._built.values()
        assert registry.get_provider("default") is kept[1]

    @pytest.mark.parametrize(
        ("entry", "line"),
        [
            (
                keyed(),
                "Provider default is not prepared: SMS_VERIFICATION_PROVIDERS['default']:"
                " OPTIONS: missing a required argument: 'access_key'.",
            ),
            (
                prepared(ImproperlyConfigured),
                "Provider default is not prepared: no SDK: install it, an access key",
            ),
            (prepared(OSError), "Provider default is not prepared: OSError."),
        ],
    )
    def test_one_that_fails_keeps_no_other_from_it(
        self,
        settings: Any,
        caplog: pytest.LogCaptureFixture,
        entry: dict[str, Any],
        line: str,
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": entry, "backup": prepared()}
        settings.SMS_VERIFICATION_ROUTES = {"+": ["default", "backup"]}
        registry.prepare()
        assert Prepared.count == 1
        assert caplog.messages == [line]

    def test_of_the_apps_own_is_harmless_twice(self) -> None:
        registry.prepare()
        registry.prepare()


# A server that loads the site once and forks its workers, as gunicorn's ``--preload``.
SERVER = """
import os
import sys

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes",
                    "rest_framework", "sms_verification"],
    SMS_VERIFICATION_PROVIDERS={"default": {
        "BACKEND": "sms_verification.providers.dummy.DummyProvider",
    }},
)
django.setup()

from sms_verification.registry import get_provider

parents = get_provider("default")
reader, writer = os.pipe()
child = os.fork()
if not child:
    own = get_provider("default")
    kept = get_provider("default") is own
    os.write(writer, f"{own is not parents} {kept}".encode())
    os._exit(0)
os.waitpid(child, 0)
print(os.read(reader, 100).decode(), get_provider("default") is parents)
"""


class TestFork:
    def test_a_child_uses_no_provider_of_its_parents(self) -> None:
        """It would write to the parent's connections, and read answers of others."""
        command = [sys.executable, "-W", "error", "-c", SERVER]
        server = subprocess.run(
            command, check=True, capture_output=True, text=True, cwd=CHECKOUT
        )
        assert server.stdout.split() == ["True", "True", "True"]


def variables_of(error: Exception) -> list[Any]:
    """What Django's error report shows of the registry's frames."""
    reporter = ExceptionReporter(None, type(error), error, error.__traceback__)
    frames = reporter.get_traceback_frames()
    ours = [f["vars"] for f in frames if f["filename"] == registry.__file__]
    assert ours
    return ours


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

    @pytest.mark.parametrize("name", ["provider_class", "check_options", "build"])
    def test_are_in_no_frame_of_an_error_report(self, name: str) -> None:
        entry = {"BACKEND": "tests.nowhere.Provider", "OPTIONS": {"key": SECRET}}
        with pytest.raises(InvalidProvider) as caught:
            getattr(registry, name)("default", entry)
        assert SECRET not in repr(variables_of(caught.value))

    @pytest.mark.parametrize(
        "entry",
        [keyed(acess_key=SECRET), keyed(access_key=SECRET, error=KeyError)],
        ids=["a typo", "an error"],
    )
    def test_are_in_no_frame_of_a_send_s_either(
        self, settings: Any, entry: dict[str, Any]
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": entry}
        with pytest.raises(InvalidProvider) as caught:
            registry.get_provider("default")
        assert SECRET not in repr(variables_of(caught.value))

    def test_one_that_was_mended_is_built(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": keyed()}
        with pytest.raises(InvalidProvider):
            registry.get_provider("default")
        settings.SMS_VERIFICATION_PROVIDERS = {"default": DUMMY}
        assert isinstance(registry.get_provider("default"), DummyProvider)
