from __future__ import annotations

from typing import Any

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from sms_verification.provider_checks import check_providers, sdk_version
from sms_verification.providers.base import Provider
from sms_verification.types import SentMessage, SmsMessage
from tests.vendors import accepting

PURPOSES = ["register", "login", "reset_password", "change_phone"]


class Templated(Provider):
    """Has the templates that it is told of, by region."""

    def __init__(
        self, mainland: tuple[str, ...] = (), abroad: tuple[str, ...] = ()
    ) -> None:
        self.templates = {True: mainland, False: abroad}

    def has_template(self, purpose: str, *, mainland: bool) -> bool:
        return purpose in self.templates[mainland]

    def send(self, message: SmsMessage) -> SentMessage:
        return SentMessage()


class Wanting(Templated):
    distribution = "no-such-sdk"
    extra = "nobody"


class OfAnotherPackage(Templated):
    distribution = "no-such-sdk"


class Installed(Templated):
    distribution = "Django"


class Halved(Templated):
    """A key goes with its secret."""

    def __init__(self, key: str) -> None:
        raise ImproperlyConfigured("OPTIONS: key and secret go together.")


class Addressed(Templated):
    """Sends to where it is told."""

    def __init__(self, url: str) -> None:
        super().__init__(tuple(PURPOSES), tuple(PURPOSES))
        self.url = url


def entry(name: str, **options: Any) -> dict[str, Any]:
    return {"BACKEND": f"tests.test_provider_checks.{name}", "OPTIONS": options}


ALL = entry("Templated", mainland=PURPOSES, abroad=PURPOSES)


def found(settings: Any, **providers: Any) -> list[checks.CheckMessage]:
    settings.SMS_VERIFICATION_PROVIDERS = providers
    return list(check_providers(developing=True))


class OptionsTests:
    def test_that_the_constructor_refuses(self, settings: Any) -> None:
        (message,) = found(settings, default=entry("Halved", key="an access key"))
        assert (message.id, message.level) == ("sms_verification.E101", checks.ERROR)
        assert message.msg == (
            "SMS_VERIFICATION_PROVIDERS['default']:"
            " OPTIONS: key and secret go together."
        )

    def test_of_one_do_not_hide_those_of_another(self, settings: Any) -> None:
        bad = entry("Halved", key="an access key")
        assert len(found(settings, default=bad, backup=bad)) == 2


class LiveTests:
    def test_a_vendors_own_is_what_a_live_site_needs(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": ALL}
        settings.SMS_VERIFICATION_DEVELOPMENT_PROVIDERS = []
        assert list(check_providers(developing=False)) == []

    @pytest.mark.parametrize(
        "url", ["http://sms.example.com:8080/v1", "HTTP://10.0.0.1", "http://[fe80::1]"]
    )
    def test_its_traffic_is_encrypted(self, settings: Any, url: str) -> None:
        addressed = entry("Addressed", url=url)
        settings.SMS_VERIFICATION_PROVIDERS = {"default": addressed}
        (message,) = check_providers(developing=False)
        assert (message.id, message.level) == ("sms_verification.E107", checks.ERROR)
        assert found(settings, default=addressed) == []

    def test_an_address_without_encryption_is_named_without_its_password(
        self, settings: Any
    ) -> None:
        url = "http://me:an-access-key@sms.example.com/an-access-key"
        settings.SMS_VERIFICATION_PROVIDERS = {"default": entry("Addressed", url=url)}
        (message,) = check_providers(developing=False)
        assert message.msg == (
            "The provider 'default' sends codes and keys to sms.example.com"
            " without encryption."
        )
        assert message.hint == "Let it send by https."

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "https://sms.example.com",
            "http://127.0.0.1:8000",
            "http://localhost",
            "http://LOCALHOST/sms",
            "http://[::1]:8000",
        ],
    )
    def test_an_address_that_nobody_listens_to_will_do(
        self, settings: Any, url: str
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"default": entry("Addressed", url=url)}
        assert list(check_providers(developing=False)) == []


class SdkTests:
    def test_that_is_missing_is_named_with_its_extra(self, settings: Any) -> None:
        (message,) = found(settings, default=entry("Wanting", **ALL["OPTIONS"]))
        assert (message.id, message.level) == ("sms_verification.E106", checks.ERROR)
        assert message.msg == "The provider 'default' needs no-such-sdk."
        assert message.hint == "pip install 'django-sms-verification[nobody]'"

    def test_of_another_package_is_named_alone(self, settings: Any) -> None:
        wanting = entry("OfAnotherPackage", **ALL["OPTIONS"])
        (message,) = found(settings, default=wanting)
        assert message.hint == "pip install 'no-such-sdk'"

    def test_that_is_there_will_do(self, settings: Any) -> None:
        assert found(settings, default=entry("Installed", **ALL["OPTIONS"])) == []
        assert sdk_version(Installed()) is not None

    def test_of_a_provider_that_no_route_leads_to_is_not_needed(
        self, settings: Any
    ) -> None:
        assert found(settings, default=accepting(), unused=entry("Wanting")) == []


class TemplateTests:
    def test_for_all_purposes_will_do(self, settings: Any) -> None:
        assert found(settings, default=ALL) == []

    def test_that_are_missing_are_named_by_purpose_and_region(
        self, settings: Any
    ) -> None:
        (message,) = found(
            settings,
            default=entry("Templated", mainland=["login", "register"], abroad=PURPOSES),
        )
        assert (message.id, message.level) == ("sms_verification.W009", checks.WARNING)
        assert message.msg == (
            "The provider 'default' has no template for 'reset_password',"
            " 'change_phone' to numbers in mainland China: such codes are not sent."
        )

    def test_of_elsewhere_count_where_a_route_leads_there(self, settings: Any) -> None:
        partial = entry("Templated", mainland=PURPOSES, abroad=["login"])
        (message,) = found(settings, default=partial)
        assert "outside of mainland China" in message.msg
        settings.SMS_VERIFICATION_ROUTES = {"+86": ["default"], "+": ["other"]}
        assert found(settings, default=partial, other=ALL) == []

    @pytest.mark.parametrize("region", ["mainland", "abroad"])
    def test_of_a_whole_region_may_be_left_out(
        self, settings: Any, region: str
    ) -> None:
        there = entry("Templated", **{region: PURPOSES})
        assert found(settings, default=there) == []
