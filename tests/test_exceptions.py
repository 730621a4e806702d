from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from sms_verification import exceptions
from sms_verification.exceptions import VerificationError
from sms_verification.types import Reason


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("InvalidPhoneNumber", "invalid_phone_number"),
            ("UnsupportedPhoneNumber", "unsupported_phone_number"),
            ("UnknownPurpose", "unknown_purpose"),
            ("SignInRequired", "sign_in_required"),
            ("InvalidCode", "invalid_code"),
            ("NotFound", "not_found"),
            ("NotPending", "not_pending"),
            ("NoAccount", "no_account"),
            ("PhoneNumberTaken", "phone_number_taken"),
            ("DeliveryFailed", "delivery_failed"),
            ("SendLimited", "send_limited"),
            ("LockedOut", "locked_out"),
        ],
    )
    def test_each_has_the_code_that_clients_read(self, name: str, code: str) -> None:
        refusal = getattr(exceptions, name)
        assert issubclass(refusal, VerificationError)
        assert refusal.code == code

    @pytest.mark.parametrize("name", ["InvalidPhoneNumber", "UnknownPurpose"])
    def test_bad_arguments_are_value_errors_too(self, name: str) -> None:
        assert issubclass(getattr(exceptions, name), ValueError)

    def test_an_invalid_code_leaves_no_checks_unless_it_says_so(self) -> None:
        assert exceptions.InvalidCode().checks_left == 0
        assert exceptions.InvalidCode(3).checks_left == 3

    def test_a_number_without_account_leaves_its_proof_to_go_on_with(self) -> None:
        error = exceptions.NoAccount("a proof")
        assert error.proof == "a proof"
        assert "a proof" not in str(error)

    def test_what_passes_with_time_says_when(self) -> None:
        error = exceptions.SendLimited(timedelta(seconds=42))
        assert error.retry_after == timedelta(seconds=42)
        assert str(error) == "Try again in 0:00:42."


class TestMistakes:
    """What is the program's fault passes every handler of refusals."""

    @pytest.mark.parametrize(
        "name",
        ["InTransaction", "InvalidProvider", "MessageRejected", "DeliveryUnknown"],
    )
    def test_is_no_refusal(self, name: str) -> None:
        assert not issubclass(getattr(exceptions, name), VerificationError)

    def test_an_invalid_provider_is_named_by_its_alias(self) -> None:
        error = exceptions.InvalidProvider("no such thing.", alias="backup")
        assert isinstance(error, ImproperlyConfigured)
        assert str(error) == "SMS_VERIFICATION_PROVIDERS['backup']: no such thing."


class TestMessageRejected:
    def test_takes_the_reason_as_a_word(self) -> None:
        error = exceptions.MessageRejected("balance")
        assert error.reason is Reason.BALANCE
        assert str(error) == "balance"

    def test_shows_the_vendors_code(self) -> None:
        error = exceptions.MessageRejected(Reason.CONTENT, "isv.TEMPLATE_ILLEGAL")
        assert str(error) == "content (isv.TEMPLATE_ILLEGAL)"

    def test_refuses_a_reason_that_is_none_of_ours(self) -> None:
        with pytest.raises(ValueError, match="quota"):
            exceptions.MessageRejected("quota")


class TestDeliveryUnknown:
    def test_shows_the_vendors_code(self) -> None:
        assert exceptions.DeliveryUnknown("timeout").code == "timeout"
        assert str(exceptions.DeliveryUnknown("timeout")) == "timeout"
