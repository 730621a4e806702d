"""The pages on providers: what they show runs, and what they list is there."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from django.utils.module_loading import import_string

from sms_verification import breaker, delivery, provider_checks, signals
from sms_verification.providers import network
from sms_verification.providers.base import Provider
from sms_verification.receipts import views as receipts
from sms_verification.types import Purpose, Reason
from tests.newcomer import CHECKOUT, blocks

FOLDER = CHECKOUT / "docs/providers"
ENGLISH = sorted(p for p in FOLDER.glob("*.md") if ".zh-CN" not in p.name)
PAGES = sorted(FOLDER.glob("*.md"))
VENDORS = [p for p in PAGES if p.name.split(".")[0] not in {"README", "own"}]
PRODUCTION = sorted((CHECKOUT / "docs").glob("production*.md"))

PURPOSE = Purpose(name="login", code_length=6)


def name(page: Path) -> str:
    return page.name


@pytest.mark.parametrize("page", ENGLISH, ids=name)
class TranslationTests:
    def test_the_code_is_the_same(self, page: Path) -> None:
        assert _code(page) == _code(_chinese(page))

    def test_the_headings_are_as_many(self, page: Path) -> None:
        assert _levels(page) == _levels(_chinese(page))

    def test_the_names_are_the_same(self, page: Path) -> None:
        assert _names(page) == _names(_chinese(page))


@pytest.mark.parametrize("page", PAGES, ids=name)
class LinksTests:
    def test_they_lead_somewhere(self, page: Path) -> None:
        for link in re.findall(r"\]\(([^):]+)\)", _text(page)):
            to, _, anchor = link.partition("#")
            target = page.parent / to if to else page
            assert target.exists(), link
            assert not anchor or anchor in _anchors(target), link


@pytest.mark.parametrize("page", VENDORS, ids=name)
class VendorTests:
    def test_its_options_are_the_constructors_own(self, page: Path) -> None:
        parameters = inspect.signature(_provider(page)).parameters
        defaults = {n: p.default for n, p in parameters.items()}
        assert _options(page) == {
            n: "" if d is inspect.Parameter.empty else repr(d)
            for n, d in defaults.items()
        }

    def test_its_settings_make_a_provider_that_can_send(
        self, page: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.SMS_VERIFICATION_PROVIDERS = _settings(page, monkeypatch)
        assert list(provider_checks.check_providers(developing=False)) == []

    def test_its_codes_come_to_the_reasons_it_tells(self, page: Path) -> None:
        rows = re.findall(r"^\| `([\w.]+)` \| `(\w+)` \|", _text(page), re.M)
        told = [(code, word) for code, word in rows if word in set(Reason)]
        codes = import_string(f"{_codes_module(page)}.CODES")
        assert [(c, codes.failure(c).reason) for c, _word in told] == told

    def test_it_names_what_is_to_be_installed(self, page: Path) -> None:
        extra = _provider(page).extra
        assert f"pip install 'django-sms-verification[{extra}]'\n" in _text(page)


class OwnTests:
    def test_its_example_keeps_the_contract(self, pytester: pytest.Pytester) -> None:
        site = pytester.mkpydir("mysite")
        for block in blocks(_text(FOLDER / "own.md"), "python"):
            first = re.match(r"# mysite/(\w+\.py)\n", block)
            assert first is not None
            (site / first[1]).write_text(block)
        result = pytester.runpytest_subprocess("-p", "no:randomly", "mysite")
        contract = import_string("sms_verification.testing.ProviderContract")
        tests = [t for t in dir(contract) if t.startswith("test_")]
        result.assert_outcomes(passed=len(tests))

    def test_its_example_reads_a_signed_receipt(
        self, pytester: pytest.Pytester
    ) -> None:
        pytester.makepyfile(sms=blocks(_text(FOLDER / "own.md"), "python")[0])
        pytester.makepyfile(OWN_RECEIPT)
        pytester.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=2)

    @pytest.mark.parametrize("page", ["own.md", "own.zh-CN.md"])
    def test_it_lists_what_a_provider_can_say_of_itself(self, page: str) -> None:
        rows = re.findall(r"^\| (`[^|]+) \|", _text(FOLDER / page), re.M)
        named = {n for row in rows for n in re.findall(r"`(\w+)", row)} - {"send"}
        named -= {"raises", "returns"}
        assert named == {n for n in vars(Provider) if n[0] != "_"} - {"send", "origin"}


OWN_RECEIPT = """
import hmac
import json

import pytest

from sms import AcmeProvider
from sms_verification.exceptions import InvalidPush
from sms_verification.types import Push

BODY = json.dumps(
    {"id": "m-1", "reference": "r", "to": "+8613800138000", "state": "arrived"}
).encode()


def read(signature):
    headers = {"x-acme-signature": signature}
    push = Push(body=BODY, headers=headers, url="https://example.com/")
    return AcmeProvider(api_key="k").read_push(push)


def test_signed():
    [receipt] = read(hmac.new(b"k", BODY, "sha256").hexdigest())
    assert (receipt.status, receipt.delivery_id) == ("delivered", "r")


def test_forged():
    with pytest.raises(InvalidPush):
        read("é")
"""


class OverviewTests:
    def test_its_test_can_be_run(self, pytester: pytest.Pytester) -> None:
        text = _text(FOLDER / "README.md")
        for block in blocks(text, "python"):
            if first := re.match(r"# (conftest|test_failover)\.py\n", block):
                (pytester.path / f"{first[1]}.py").write_text(block)
        result = pytester.runpytest_subprocess("-p", "no:randomly")
        result.assert_outcomes(passed=1)

    @pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
    def test_it_tells_every_reason_and_whether_the_route_goes_on(
        self, page: str
    ) -> None:
        rows = re.findall(r"^\| `(\w+)` \|.*\| (\S+) \|$", _text(FOLDER / page), re.M)
        assert rows == [
            (str(reason), _no_or_yes(page, not reason.protects_the_person))
            for reason in Reason
        ]

    @pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
    def test_its_figures_are_the_programs(self, page: str) -> None:
        figures = [
            int(n) for n in re.findall(r"(?<![\w.+])\d+(?![\w.])", _text(FOLDER / page))
        ]
        for figure in (
            delivery.ROUTE_DEADLINE.total_seconds(),
            *network.TIMEOUTS,
            breaker.FAILURES,
            breaker.WINDOW.total_seconds(),
            breaker.PAUSE.total_seconds(),
            breaker.SLOW.total_seconds(),
            receipts.LARGEST_BODY / 1024,
            receipts.MOST_RECEIPTS,
        ):
            assert figure in figures


@pytest.mark.parametrize("page", PRODUCTION, ids=name)
class SignalsTests:
    def test_all_are_listed(self, page: Path) -> None:
        named = re.findall(r"^\| `(\w+)` \|", _text(page), re.M)
        assert named == [n for n, v in vars(signals).items() if _is_signal(v)]


def _is_signal(value: object) -> bool:
    return isinstance(value, signals.Signal)


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _chinese(page: Path) -> Path:
    return page.with_name(f"{page.stem}.zh-CN.md")


def _code(page: Path) -> list[str]:
    """Return the blocks without their comments, which are translated."""
    code = re.findall(r"^ *```\w+\n.*?^ *```$", _text(page), re.M | re.S)
    return [re.sub(r"  # .*|^# .*", "", block, flags=re.M) for block in code]


def _levels(page: Path) -> list[int]:
    return [len(marks) for marks in re.findall(r"^(#+) ", _prose(page), re.M)]


def _names(page: Path) -> list[str]:
    """Return the names in backticks, which no translation changes."""
    return sorted(set(re.findall(r"`([^`\n]+)`", _prose(page))))


def _prose(page: Path) -> str:
    return re.sub(r"^ *```\w+\n.*?^ *```$", "", _text(page), flags=re.M | re.S)


def _anchors(page: Path) -> set[str]:
    """Return what GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", _prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", h).lower().replace(" ", "-") for h in headings}


def _provider(page: Path) -> type[Provider]:
    [path] = set(re.findall(r"sms_verification\.providers\.\w+\.\w+", _text(page)))
    provider: type[Provider] = import_string(path)
    return provider


def _codes_module(page: Path) -> str:
    vendor = page.name.split(".")[0].split("-")[0].replace("aliyun", "alibaba")
    return f"sms_verification.providers.{vendor}_codes"


def _options(page: Path) -> dict[str, str]:
    """Return the default of each option, nothing for those that are required."""
    _, _, rest = re.split(r"^\| (option|选项) \| .+\n\|---", _text(page), flags=re.M)
    rows = re.findall(r"^\| (.+?) \| (.+?) \|", rest.partition("\n\n")[0], re.M)
    return {
        option: "" if default in {"required", "必填"} else default.strip("`")
        for names, default in rows
        for option in re.findall(r"\w+", names)
    }


def _settings(page: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    [block] = [b for b in blocks(_text(page), "python") if "BACKEND" in b]
    for variable in re.findall(r'environ\["(\w+)"\]', block):
        monkeypatch.setenv(variable, "x")
    names: dict[str, Any] = {}
    exec(block, names)
    made: dict[str, Any] = names["SMS_VERIFICATION_PROVIDERS"]
    return made


def _no_or_yes(page: str, goes_on: bool) -> str:
    return ("否", "是")[goes_on] if ".zh-CN" in page else ("no", "yes")[goes_on]
