from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.core.signing import Signer

from sms_verification import proofs

APPROVED = UUID("019b8d3f-5a7c-7e21-b4c0-d1e2f3a4b5c6")


class TestProofs:
    def test_yield_the_id_they_were_written_for(self) -> None:
        assert proofs.read(proofs.write(APPROVED)) == APPROVED

    def test_hold_the_id_and_no_more(self) -> None:
        assert proofs.write(APPROVED).startswith("019b8d3f5a7c7e21b4c0d1e2f3a4b5c6:")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            ":",
            "019b8d3f5a7c7e21b4c0d1e2f3a4b5c6",
            "019b8d3f5a7c7e21b4c0d1e2f3a4b5c6:",
            "019b8d3f5a7c7e21b4c0d1e2f3a4b5c6:AAAA",
            "\x00",
            "\ud800:\ud800",
        ],
    )
    def test_cannot_be_made_up(self, text: str) -> None:
        assert proofs.read(text) is None

    def test_of_another_id_cannot_be_made_of_one(self) -> None:
        own = proofs.write(UUID(int=1))
        assert proofs.read(own.replace(UUID(int=1).hex, APPROVED.hex)) is None

    def test_what_the_host_signs_is_no_proof(self) -> None:
        assert proofs.read(Signer().sign(APPROVED.hex)) is None

    def test_a_signed_text_that_is_no_id_is_no_proof(self, settings: Any) -> None:
        signer = Signer(key=settings.SECRET_KEY, salt="sms_verification.proof")
        assert proofs.read(signer.sign(APPROVED.hex)) == APPROVED
        assert proofs.read(signer.sign("no id")) is None


class TestKeys:
    def test_a_proof_outlives_the_rotation_of_its_key(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_SECRET_KEY = "old"
        proof = proofs.write(APPROVED)
        settings.SMS_VERIFICATION_SECRET_KEY = "new"
        settings.SMS_VERIFICATION_SECRET_KEY_FALLBACKS = [b"old"]
        assert proofs.read(proof) == APPROVED
        assert proofs.write(APPROVED) != proof

    def test_a_proof_dies_with_its_key(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_SECRET_KEY = "old"
        proof = proofs.write(APPROVED)
        settings.SMS_VERIFICATION_SECRET_KEY = "new"
        assert proofs.read(proof) is None
