from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from sms_verification import codes

VERIFICATION = UUID(int=7)


@pytest.fixture(autouse=True)
def key(settings: Any) -> str:
    """Name the one key, from which the literal codes below were derived."""
    settings.SMS_VERIFICATION_SECRET_KEY = "a key for these tests"
    return codes.current_key_id()


def code_of(salt: int, **changes: Any) -> str | None:
    fields = {
        "salt": salt.to_bytes(16),
        "key_id": codes.current_key_id(),
        "verification_id": VERIFICATION,
        "phone_number": "+8613800138000",
        "purpose": "login",
        "length": 6,
        **changes,
    }
    return codes.derive(**fields)


def chi_square(drawn: list[int], cells: int) -> float:
    expected = len(drawn) / cells
    counts = Counter(drawn)
    return sum((counts[cell] - expected) ** 2 / expected for cell in range(cells))


class TestDerive:
    def test_yields_the_same_code_each_time(self) -> None:
        assert code_of(1) == "537493"
        assert code_of(1) == "537493"

    @pytest.mark.parametrize(
        ("salt", "code"),
        [(9, "075173"), (288022, "012345"), (1045145, "000000"), (213153, "999999")],
    )
    def test_reaches_every_code_leading_zeros_and_all(
        self, salt: int, code: str
    ) -> None:
        assert code_of(salt) == code

    @pytest.mark.parametrize("length", [4, 5, 6, 8, 10])
    def test_has_the_length_of_the_row(self, length: int) -> None:
        code = code_of(9, length=length)
        assert code is not None
        assert len(code) == length

    @pytest.mark.parametrize(
        "change",
        [
            {"verification_id": UUID(int=8)},
            {"phone_number": "+8613900139000"},
            {"purpose": "register"},
        ],
    )
    def test_is_good_for_what_it_was_made_for_only(
        self, change: dict[str, Any]
    ) -> None:
        assert code_of(1, **change) != "537493"

    def test_another_salt_makes_another_code(self) -> None:
        assert code_of(2) == "292887"

    def test_no_field_can_pass_for_the_end_of_another(self) -> None:
        """A45: both read ``+86138001380001login`` when they are strung together."""
        one = code_of(1, phone_number="+86138001380001", purpose="login")
        other = code_of(1, phone_number="+8613800138000", purpose="1login")
        assert one != other

    def test_no_code_is_likelier_than_another(self) -> None:
        """R2. Of 99 degrees of freedom a fair draw exceeds 200 once in 10 million."""
        drawn = [int(code_of(salt) or "") for salt in range(20_000)]
        assert chi_square([code // 10_000 for code in drawn], 100) < 200
        assert chi_square([code // 100 % 100 for code in drawn], 100) < 200
        assert chi_square([code % 100 for code in drawn], 100) < 200

    def test_the_longest_are_as_evenly_spread(self) -> None:
        drawn = [int(code_of(salt, length=10) or "") for salt in range(20_000)]
        assert chi_square([code // 10**8 for code in drawn], 100) < 200


class TestKeys:
    def test_a_row_keeps_its_code_while_its_key_is_a_fallback(
        self, settings: Any, key: str
    ) -> None:
        settings.SMS_VERIFICATION_SECRET_KEY = "a newer key"
        settings.SMS_VERIFICATION_SECRET_KEY_FALLBACKS = ["a key for these tests"]
        assert code_of(1, key_id=key) == "537493"

    def test_a_new_row_has_a_code_of_the_new_key(self, settings: Any, key: str) -> None:
        settings.SMS_VERIFICATION_SECRET_KEY = "a newer key"
        settings.SMS_VERIFICATION_SECRET_KEY_FALLBACKS = ["a key for these tests"]
        assert codes.current_key_id() != key
        assert code_of(1) != "537493"

    def test_without_its_key_a_row_has_no_code(self, settings: Any, key: str) -> None:
        """Nor that of another key: there is never more than one right code."""
        settings.SMS_VERIFICATION_SECRET_KEY = "a newer key"
        assert code_of(1, key_id=key) is None

    def test_bytes_and_text_are_one_key(self, settings: Any, key: str) -> None:
        settings.SMS_VERIFICATION_SECRET_KEY = b"a key for these tests"
        assert codes.current_key_id() == key

    def test_their_name_stands_in_rows_and_tells_nothing_of_them(
        self, key: str
    ) -> None:
        assert key == "f731f745837a3bdc"
        assert not codes.signing_keys()[0].hex().startswith(key)

    def test_what_is_signed_elsewhere_with_the_secret_key_fits_nowhere_here(
        self, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_SECRET_KEY = "x" * 32
        assert codes.signing_keys() != [b"x" * 32]


class TestSalts:
    def test_are_sixteen_random_bytes(self) -> None:
        salts = {codes.new_salt() for _ in range(100)}
        assert len(salts) == 100
        assert {len(salt) for salt in salts} == {16}

    def test_do_not_come_from_a_predictable_generator(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R2: whoever seeds ``random`` must not choose codes."""
        monkeypatch.setattr("random.getrandbits", lambda bits: 4)
        monkeypatch.setattr("random.randbytes", bytes)
        assert codes.new_salt() != codes.new_salt()


class TestCouldBe:
    @pytest.mark.parametrize("given", ["000000", "012345", "999999"])
    def test_six_ascii_digits(self, given: str) -> None:
        assert codes.could_be(given, 6)

    @pytest.mark.parametrize(
        "given",
        [
            "",
            "12345",
            "1234567",
            "123456\n",
            " 123456",
            "12345 ",
            "-12345",
            "1e0000",
            "１２３４５６",
            "١٢٣٤٥٦",
            "123\u200d456",
            "\u202e123456",
            "²²²²²²",
            "12345\ud800",
        ],
    )
    def test_no_other_text(self, given: str) -> None:
        """A13 and A14."""
        assert not codes.could_be(given, 6)

    @pytest.mark.parametrize("given", [None, True, 123456, 1e5, ["123456"], b"123456"])
    def test_no_other_type(self, given: object) -> None:
        assert not codes.could_be(given, 6)

    def test_no_other_length_than_the_rows(self) -> None:
        assert codes.could_be("12345678", 8)
        assert not codes.could_be("123456", 8)


class TestMatches:
    def test_the_same_digits(self) -> None:
        assert codes.matches("012345", "012345")

    @pytest.mark.parametrize("given", ["12345", "0012345", "012346", ""])
    def test_nothing_else(self, given: str) -> None:
        assert not codes.matches("012345", given)

    @pytest.mark.parametrize("given", ["", "None", "000000"])
    def test_nothing_when_there_is_no_code(self, given: str) -> None:
        """An unset code that equals an unset answer opened every account elsewhere."""
        assert not codes.matches(None, given)

    def test_compares_in_constant_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        compared = []
        monkeypatch.setattr(
            "secrets.compare_digest", lambda a, b: compared.append((a, b)) or False
        )
        codes.matches("012345", "012346")
        assert compared == [(b"012345", b"012346")]
