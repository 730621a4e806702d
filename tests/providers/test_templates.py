from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from sms_verification.exceptions import MessageRejected
from sms_verification.providers.templates import Templates
from sms_verification.types import Reason
from tests.providers.vendors import CODE, sms

MAINLAND, ELSEWHERE = "+8613800138000", "+85261234567"


class TemplatesTests:
    def test_takes_that_of_the_purpose(self) -> None:
        templates = Templates({"default": "SMS_1", "login": "SMS_2"}, "Site")
        assert templates.of(sms(purpose="login")).id == "SMS_2"
        assert templates.of(sms(purpose="register")).id == "SMS_1"

    def test_takes_another_elsewhere(self) -> None:
        templates = Templates(
            {"default": "SMS_1"},
            "网站",
            {"templates": {"default": "SMS_9"}, "sign_name": "Site"},
        )
        mainland = templates.of(sms(phone_number=MAINLAND))
        elsewhere = templates.of(sms(phone_number=ELSEWHERE))
        assert (mainland.id, mainland.sign_name) == ("SMS_1", "网站")
        assert (elsewhere.id, elsewhere.sign_name) == ("SMS_9", "Site")

    @pytest.mark.parametrize(
        ("purpose", "number"), [("register", MAINLAND), ("login", ELSEWHERE)]
    )
    def test_refuses_what_it_has_none_for(self, purpose: str, number: str) -> None:
        templates = Templates({"login": "SMS_2"})
        with pytest.raises(MessageRejected) as caught:
            templates.of(sms(purpose=purpose, phone_number=number))
        assert caught.value.reason == Reason.CONFIGURATION
        assert caught.value.code == "no_template"

    def test_lets_a_template_have_a_sign_name_of_its_own(self) -> None:
        templates = Templates({"default": {"id": "SMS_1", "sign_name": "B"}}, "A")
        assert templates.of(sms()).sign_name == "B"

    @pytest.mark.parametrize(
        ("variables", "filled"),
        [
            (None, {"code": CODE}),
            (["minutes", "code"], {"minutes": "5", "code": CODE}),
            ({"c": "code", "min": "minutes"}, {"c": CODE, "min": "5"}),
            ([], {}),
        ],
    )
    def test_fills_exactly_what_is_declared(
        self, variables: Any, filled: dict[str, str]
    ) -> None:
        template = {"id": "SMS_1"} | (
            {} if variables is None else {"variables": variables}
        )
        found = Templates({"default": template}).of(sms()).fill(sms())
        assert list(found.items()) == list(filled.items())

    @pytest.mark.parametrize(
        "options",
        [
            {"templates": {}},
            {"templates": "SMS_1"},
            {"templates": {"default": ""}},
            {"templates": {"default": 1000001}},
            {"templates": {"default": {"sign_name": "A"}}},
            {"templates": {"default": {"id": "SMS_1", "name": "A"}}},
            {"templates": {"default": {"id": "SMS_1", "sign_name": 1}}},
            {"templates": {"default": {"id": "SMS_1", "variables": "code"}}},
            {"templates": {"default": {"id": "SMS_1", "variables": ["pin"]}}},
            {"templates": {"default": {"id": "SMS_1", "variables": {"code": 1}}}},
            {"templates": {"default": "SMS_1"}, "sign_name": None},
            {"templates": {"default": "SMS_1"}, "international": {}},
            {"templates": {"default": "SMS_1"}, "international": {"name": "A"}},
        ],
    )
    def test_says_what_it_cannot_read(self, options: dict[str, Any]) -> None:
        with pytest.raises(ImproperlyConfigured, match="OPTIONS: "):
            Templates(**options)
