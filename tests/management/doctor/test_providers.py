from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from sms_verification import breaker
from sms_verification.management.doctor import providers
from sms_verification.management.doctor.lines import Line, Mark
from sms_verification.models import Outcome
from sms_verification.types import Purpose
from tests.test_provider_checks import ALL, PURPOSES, Templated, entry
from tests.vendors import accepting

FINE, NOTE, FAILS = Mark.FINE, Mark.NOTE, Mark.FAILS


class Talkative(Templated):
    def findings(self, purposes: Sequence[Purpose]) -> Iterator[str]:
        yield f"Two a day, for {', '.join(purpose.name for purpose in purposes)}."


class Texting(Templated):
    takes_text = True

    def __init__(self, origin: str | None = None) -> None:
        self.origin = origin

    def has_template(self, purpose: str, *, mainland: bool) -> bool:
        return True


def texting(**options: Any) -> dict[str, Any]:
    backend = "tests.management.doctor.test_providers.Texting"
    return {"BACKEND": backend, "OPTIONS": options}


@pytest.fixture
def told(settings: Any) -> Any:
    """Return what is told of the provider by this entry."""

    def told(one: dict[str, Any]) -> list[Line]:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": one}
        return list(providers.lines("default", ""))

    return told


def marked(mark: Mark, lines: list[Line]) -> list[str]:
    return [line.text for line in lines if line.mark == mark]


class RouteTests:
    def test_are_told_the_longest_first(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"a": accepting(), "b": accepting()}
        settings.SMS_VERIFICATION_ROUTES = {"+": ["b"], "+86": ["a", "b"]}
        assert list(providers.route_lines()) == [
            Line(FINE, "+86: a, b"),
            Line(FINE, "+: b"),
        ]

    @pytest.mark.parametrize(
        "provider", [ALL, {"BACKEND": "tests.nowhere.Provider"}, entry("Templated")]
    )
    def test_that_cannot_tell_of_a_changed_number_are_told(
        self, settings: Any, provider: dict[str, Any]
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"a": provider, "b": accepting()}
        settings.SMS_VERIFICATION_ROUTES = {"+86": ["a"], "+": ["a", "b"]}
        _fine, untold, *others = providers.route_lines()
        assert untold.mark == NOTE
        assert untold.text.startswith("Nobody tells a number of +86 that")
        assert untold.hint == "Give a provider a template for phone_changed."
        assert [line.mark for line in others] == [FINE]

    def test_that_lead_nowhere_are_told(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"a": accepting()}
        settings.SMS_VERIFICATION_ROUTES = {"+86": ["a"]}
        assert list(providers.route_lines())[1].mark == NOTE


class ProviderTests:
    def test_that_cannot_be_built_is_told_and_nothing_more(self, told: Any) -> None:
        (line,) = told({"BACKEND": "tests.nowhere.Provider"})
        assert line.mark == FAILS
        assert line.text.endswith("(sms_verification.E101)")

    def test_tells_its_class_and_the_version_of_its_sdk(self, told: Any) -> None:
        installed = told(entry("Installed", **ALL["OPTIONS"]))
        assert marked(FINE, installed)[0] == "tests.test_provider_checks.Installed"
        assert marked(FINE, installed)[1].startswith("Django 5") or marked(
            FINE, installed
        )[1].startswith("Django 6")

    def test_without_its_sdk_tells_how_to_get_it(self, told: Any) -> None:
        lines = told(entry("Wanting", **ALL["OPTIONS"]))
        assert lines[0].mark == FAILS
        assert lines[0].hint == "pip install 'django-sms-verification[nobody]'"
        assert not [line for line in lines if line.text.startswith("no-such-sdk")]

    def test_for_development_fails_where_it_is_not_allowed(
        self, settings: Any, told: Any
    ) -> None:
        """It is a live site's question, though the host may ask it in DEBUG."""
        settings.SMS_VERIFICATION_DEVELOPMENT_PROVIDERS = []
        settings.DEBUG = True
        assert "sends no SMS to anybody" in marked(FAILS, told(accepting()))[0]

    def test_says_what_its_vendor_demands(self, told: Any) -> None:
        backend = "tests.management.doctor.test_providers.Talkative"
        lines = told({"BACKEND": backend, "OPTIONS": ALL["OPTIONS"]})
        assert marked(NOTE, lines) == [
            "Two a day, for register, login, reset_password, change_phone."
        ]

    def test_that_no_route_leads_to_is_told(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            "default": accepting(),
            "spare": entry("Templated"),
        }
        lines = list(providers.lines("spare", ""))
        assert marked(NOTE, lines) == ["No route leads to it."]
        assert marked(FAILS, lines) == []

    def test_that_failed_of_late_is_told(self, told: Any) -> None:
        assert marked(NOTE, told(ALL)) == []
        for _ in range(breaker.FAILURES):
            breaker.note("default", Outcome.UNKNOWN, "", timedelta(0))
        (line,) = marked(NOTE, told(ALL))
        assert line.startswith("It failed of late")


class TemplateTests:
    def test_for_each_purpose_and_region_are_fine(self, told: Any) -> None:
        assert marked(FINE, told(ALL))[1:] == [
            "Codes for every purpose can go to mainland China.",
            "Codes for every purpose can go outside of mainland China.",
        ]

    def test_that_are_missing_for_a_purpose_fail(self, told: Any) -> None:
        lines = told(entry("Templated", mainland=["login"], abroad=PURPOSES))
        (text,) = marked(FAILS, lines)
        assert text.endswith("(sms_verification.W009)")

    @pytest.mark.parametrize(
        ("region", "text"),
        [
            ("mainland", "No code can go outside of mainland China: it has no"),
            ("abroad", "No code can go to mainland China: it has no template"),
        ],
    )
    def test_of_one_region_may_be_left_out(
        self, told: Any, region: str, text: str
    ) -> None:
        lines = told(entry("Templated", **{region: PURPOSES}))
        assert marked(NOTE, lines)[0].startswith(text)
        assert marked(FAILS, lines) == []

    def test_of_the_only_region_may_not(self, settings: Any, told: Any) -> None:
        settings.SMS_VERIFICATION_ROUTES = {"+86": ["default"]}
        settings.SMS_VERIFICATION_PROVIDERS = {
            "cn": entry("Templated", abroad=PURPOSES)
        }
        settings.SMS_VERIFICATION_ROUTES = {"+86": ["cn"]}
        lines = list(providers.lines("cn", ""))
        assert marked(FAILS, lines)[0].startswith("No code can go to mainland China")


class LengthTests:
    def test_of_one_sms_in_every_language_is_fine(
        self, settings: Any, told: Any
    ) -> None:
        settings.LANGUAGES = [("en", "English")]
        lines = told(texting(origin="www.example.com"))
        assert marked(NOTE, lines) == []
        assert marked(FINE, lines)[-1] == (
            "A code is one SMS in every language of LANGUAGES."
        )

    def test_of_more_names_the_languages(self, settings: Any, told: Any) -> None:
        settings.LANGUAGES = [("en", "English"), ("zh-hans", "Chinese")]
        lines = told(texting(origin=f"{'a' * 40}.cn"))
        assert marked(NOTE, lines) == ["A code costs two SMS or more in: zh-hans."]

    def test_is_the_vendors_matter_where_it_has_templates(self, told: Any) -> None:
        assert not [line for line in told(ALL) if "SMS" in line.text]
