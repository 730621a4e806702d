from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sms_verification.management.doctor.lines import Line, Mark
from sms_verification.management.doctor.receipts import receipt_lines
from sms_verification.receipts.paths import current_secret
from sms_verification.types import Push, Receipt
from tests.test_provider_checks import Templated


class Pushed(Templated):
    def read_push(self, push: Push) -> Sequence[Receipt]:
        return []


class ReceiptTests:
    def test_go_to_an_address_for_the_vendors_console(self) -> None:
        (line,) = receipt_lines("cn", Pushed(), "https://example.com")
        assert line.mark == Mark.FINE
        secret = current_secret("cn")
        assert line.text.startswith("Receipts go to https://example.com/")
        assert line.text.endswith(f"receipts/cn/{secret}/")

    def test_go_to_a_path_where_the_host_is_not_known(self) -> None:
        address, hint = receipt_lines("cn", Pushed(), "")
        assert address.text.startswith("Receipts go to /")
        assert hint.mark == Mark.NOTE
        assert "--base" in hint.text

    def test_go_nowhere_where_the_urls_are_not_included(self, settings: Any) -> None:
        settings.ROOT_URLCONF = "sms_verification.web.urls"
        (line,) = receipt_lines("cn", Pushed(), "")
        assert line.mark == Mark.NOTE
        assert line.text == "Its receipts come nowhere: no URL is theirs."

    def test_are_not_told_of_where_the_vendor_pushes_none(self) -> None:
        told: list[Line] = list(receipt_lines("cn", Templated(), ""))
        assert told == []
