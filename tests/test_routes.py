from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sms_verification import breaker, routes
from sms_verification.exceptions import UnsupportedPhoneNumber
from sms_verification.models import Delivery, Outcome
from sms_verification.types import Reason
from tests.vendors import accepting

NUMBER = "+8613800138000"


class TestRoute:
    @pytest.fixture(autouse=True)
    def _routes(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            alias: accepting() for alias in ("default", "cn", "hk", "us")
        }
        settings.SMS_VERIFICATION_ROUTES = {
            "+852": ["hk", "cn"],
            "+8": ["cn"],
            "+86": ["cn", "hk"],
            "+1": ["us"],
        }

    @pytest.mark.parametrize(
        ("number", "aliases"),
        [
            (NUMBER, ["cn", "hk"]),
            ("+85251234567", ["hk", "cn"]),
            ("+819012345678", ["cn"]),
            ("+14155552671", ["us"]),
            ("+447912345678", ["default"]),
        ],
    )
    def test_is_that_of_the_longest_prefix(
        self, number: str, aliases: list[str]
    ) -> None:
        assert routes.route(number) == aliases

    def test_of_plus_is_for_all_others(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_ROUTES = {"+": ["us"], "+86": ["cn"]}
        assert routes.route("+447912345678") == ["us"]
        assert routes.route(NUMBER) == ["cn"]

    def test_that_leads_nowhere_is_a_number_that_is_not_supported(
        self, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"cn": accepting()}
        settings.SMS_VERIFICATION_ROUTES = {"+86": ["cn"]}
        with pytest.raises(UnsupportedPhoneNumber):
            routes.route("+447912345678")


class TestAfter:
    @pytest.mark.parametrize(
        ("last", "aliases"),
        [("a", ["b", "c", "a"]), ("b", ["c", "a", "b"]), ("c", ["a", "b", "c"])],
    )
    def test_the_provider_that_did_not_reach_the_phone_comes_last(
        self, last: str, aliases: list[str]
    ) -> None:
        row = Delivery(provider=last, outcome=Outcome.ACCEPTED)
        assert routes.after(["a", "b", "c"], row) == aliases

    @pytest.mark.parametrize("reason", ["invalid_number", "rate_limited", "opted_out"])
    def test_a_refusal_for_the_persons_sake_is_not_gone_round(
        self, reason: str
    ) -> None:
        row = Delivery(provider="b", outcome=Outcome.REJECTED, reason=reason)
        assert routes.after(["a", "b", "c"], row) == ["b", "c", "a"]

    def test_another_refusal_is(self) -> None:
        row = Delivery(provider="b", outcome=Outcome.REJECTED, reason="balance")
        assert routes.after(["a", "b", "c"], row) == ["c", "a", "b"]

    def test_one_that_left_the_route_changes_nothing(self) -> None:
        row = Delivery(provider="gone", outcome=Outcome.ACCEPTED)
        assert routes.after(["a", "b"], row) == ["a", "b"]

    @pytest.mark.parametrize("last", ["a", "gone"])
    def test_one_that_is_in_trouble_comes_last(self, last: str) -> None:
        for _ in range(breaker.FAILURES):
            breaker.note("b", Outcome.UNKNOWN, "", timedelta(0))
        row = Delivery(provider=last, outcome=Outcome.ACCEPTED)
        assert routes.after(["b", "a", "c"], row)[-1] == "b"

    def test_its_trouble_is_no_way_round_a_refusal_for_the_persons_sake(self) -> None:
        for _ in range(breaker.FAILURES):
            breaker.note("b", Outcome.UNKNOWN, "", timedelta(0))
        row = Delivery(provider="b", outcome=Outcome.REJECTED, reason="rate_limited")
        assert routes.after(["a", "b"], row) == ["b", "a"]

    @pytest.mark.parametrize("reason", ["", *Reason])
    def test_costs_one_look_whatever_came_of_the_last(
        self, monkeypatch: pytest.MonkeyPatch, reason: str
    ) -> None:
        """Or a resend would tell that a vendor refused, and so that it was asked."""
        looks: list[Any] = []
        monkeypatch.setattr(breaker, "left_out", lambda a: looks.append(a) or set())
        routes.after(["a", "b"], Delivery(provider="b", reason=reason))
        assert len(looks) == 1


class TestOnwards:
    @pytest.mark.parametrize(
        ("alias", "expected"),
        [("a", "abcd"), ("b", "bcda"), ("d", "dabc"), ("gone", ["gone", *"abcd"])],
    )
    def test_begins_with_the_alias_and_goes_on_behind_it(
        self, alias: str, expected: list[str]
    ) -> None:
        assert routes.onwards(list("abcd"), alias) == list(expected)


class TestByPrefix:
    def test_is_the_hosts_with_the_one_for_all_others(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            alias: accepting() for alias in ("default", "cn")
        }
        settings.SMS_VERIFICATION_ROUTES = {"+86": ["cn"]}
        assert routes.by_prefix() == {"+86": ["cn"], "+": ["default"]}

    def test_has_none_for_others_without_a_default(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"cn": accepting()}
        settings.SMS_VERIFICATION_ROUTES = {"+86": ["cn"]}
        assert routes.by_prefix() == {"+86": ["cn"]}

    def test_leads_to_each_alias_once(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {
            alias: accepting() for alias in ("default", "cn", "hk", "unused")
        }
        settings.SMS_VERIFICATION_ROUTES = {"+86": ["cn", "hk"], "+852": ["hk", "cn"]}
        assert routes.aliases() == ["cn", "hk", "default"]


class TestRegions:
    @pytest.mark.parametrize(
        ("set_routes", "expected"),
        [
            ({"+": ["a", "b"]}, {"a": [True, False], "b": [True, False]}),
            ({"+86": ["a"], "+": ["b"]}, {"a": [True], "b": [False]}),
            ({"+86": ["a", "b"], "+": ["b"]}, {"a": [True], "b": [True, False]}),
            ({"+8": ["a"], "+": ["b"]}, {"a": [True, False], "b": [False]}),
            ({"+86138": ["a"], "+": ["b"]}, {"a": [True], "b": [True, False]}),
            ({"+852": ["a"], "+86": ["b"], "+1": ["a"]}, {"a": [False], "b": [True]}),
            ({"+1": ["a"]}, {"a": [False], "b": []}),
            ({"+86138": ["a"]}, {"a": [True], "b": []}),
        ],
    )
    def test_are_those_whose_numbers_come_to_it(
        self,
        settings: Any,
        set_routes: dict[str, list[str]],
        expected: dict[str, list[bool]],
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = {"a": accepting(), "b": accepting()}
        settings.SMS_VERIFICATION_ROUTES = set_routes
        assert {alias: routes.regions(alias) for alias in "ab"} == expected
