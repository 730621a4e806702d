from __future__ import annotations

import unicodedata

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat

from sms_verification import phone_numbers
from sms_verification.exceptions import InvalidPhoneNumber

NUMBER = "+8613800138000"

# What a fuzzer of plain text would hardly ever put together.
PUNCTUATION = " \t\n\u00a0\u3000()-–—．./+＋#,;:*xX"
NUMBERISH = st.text(
    st.one_of(
        st.characters(categories=["Nd", "Cf"]),
        st.sampled_from(PUNCTUATION),
        st.sampled_from("telext=0123456789"),
    ),
    max_size=50,
)
REGIONS = st.sampled_from([None, "CN", "US", "DE", "AR", "IT", "ZZ", ""])


def examples() -> list[str]:
    """Return a number of each kind of each country, in E.164."""
    found = {
        phonenumbers.format_number(number, PhoneNumberFormat.E164)
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in range(11)
        if (number := phonenumbers.example_number_for_type(region, kind))
    }
    return sorted(found)


class TestParse:
    @pytest.mark.parametrize(
        "typed",
        [
            "13800138000",
            "+8613800138000",
            "8613800138000",
            "008613800138000",
            "+86 138-0013-8000",
            " 138 0013 8000\t",
            "＋８６１３８００１３８０００",
            "１３８ ００１３ ８０００",
            "+86(0)13800138000",
            "+86013800138000",
            "(+86) 138 0013 8000",
            "tel:+8613800138000",
            "TEL:+86-138-0013-8000",
            "138.0013.8000",
            "138–0013–8000",
            "138\u00a00013\u30008000",
            "\u202a+8613800138000\u202c",
            "138\u200b0013\u200d8000",
            "+٨٦١٣٨٠٠١٣٨٠٠٠",
        ],
    )
    def test_every_spelling_is_one_number(self, typed: str) -> None:
        """A16: one number in every limit."""
        assert phone_numbers.parse(typed, "CN") == NUMBER

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            " ",
            "+",
            "-----",
            "110",
            "10086",
            "1380013800",
            "138001380001",
            "138001380ab",
            "138ABCDEFGH",
            "+8613800138000;ext=1",
            "+8613800138000 x1",
            "13800138000#1",
            "+8613800138000,+8613900139000",
            "+8613800138000 +8613900139000",
            "+8613800138000\n+8613900139000",
            "13800138000/13900139000",
            "138//00138000",
            "['+8613800138000']",
            "++8613800138000",
            "+8613800138000\n",
            "+8613800138000\x00",
            "+999123456789",
            "+0013800138000",
            "13800138000" * 10,
            "138" + " " * 40 + "00138000",
        ],
    )
    def test_what_is_not_one_existing_number_is_refused(self, typed: str) -> None:
        with pytest.raises(InvalidPhoneNumber):
            phone_numbers.parse(typed, "CN")

    def test_without_a_region_a_number_names_its_country(self) -> None:
        assert phone_numbers.parse("+86 138 0013 8000") == NUMBER
        with pytest.raises(InvalidPhoneNumber):
            phone_numbers.parse("13800138000")

    def test_a_region_is_for_numbers_without_a_country_only(self) -> None:
        assert phone_numbers.parse("+1 415-555-2671", "CN") == "+14155552671"

    def test_the_error_does_not_tell_the_number(self) -> None:
        with pytest.raises(InvalidPhoneNumber) as caught:
            phone_numbers.parse("+8613800138000" + "0" * 20, "CN")
        assert str(caught.value) == "Not a phone number."
        assert caught.value.__suppress_context__

    @pytest.mark.parametrize(
        "number", ["+85251234567", "+85366123456", "+886912345678"]
    )
    def test_a_neighbours_number_keeps_its_country(self, number: str) -> None:
        """A17: it must never be taken for one of the mainland's."""
        assert phone_numbers.parse(number, "CN") == number

    @given(st.one_of(st.text(), NUMBERISH), REGIONS)
    @example("\ud800", "CN")
    @example("+" + "９" * 39, None)
    @example("tel:;phone-context=+86", "CN")
    @example("0100000000000", "DE")
    def test_refuses_whatever_text_in_one_way(
        self, typed: str, region: str | None
    ) -> None:
        try:
            parsed = phone_numbers.parse(typed, region)
        except InvalidPhoneNumber:
            return
        assert parsed[0] == "+"
        assert parsed[1:].isascii()
        assert parsed[1:].isdigit()
        assert 7 <= len(parsed) <= 16

    def test_a_digit_more_than_e164_has_room_for_is_refused(self) -> None:
        assert phone_numbers.parse("+493012345678901") == "+493012345678901"
        with pytest.raises(InvalidPhoneNumber):
            phone_numbers.parse("+4930123456789012")

    @given(st.sampled_from(examples()), st.data())
    def test_spelling_changes_no_number(self, number: str, data: st.DataObject) -> None:
        spelt = data.draw(spelling(number))
        assert phone_numbers.parse(spelt) == number


@st.composite
def spelling(draw: st.DrawFn, number: str) -> str:
    """Put blanks, dashes and invisible marks into a number, and widen its digits."""
    pieces = []
    for character in number:
        wide = chr(ord(character) + 0xFEE0)
        assert unicodedata.normalize("NFKC", wide) == character
        pieces.append(draw(st.sampled_from([character, character, wide])))
        pieces.append(draw(st.sampled_from(["", "", "", "\u200b", "\u2060"])))
    at = draw(st.integers(min_value=2, max_value=len(pieces)))
    return (
        "".join(pieces[:at]) + draw(st.sampled_from(" -\u3000")) + "".join(pieces[at:])
    )


class TestKind:
    @pytest.mark.parametrize(
        ("number", "kind"),
        [
            (NUMBER, "mobile"),
            ("+14155552671", "fixed_line_or_mobile"),
            ("+861065529988", "fixed_line"),
            ("+80012345678", "toll_free"),
            ("+864001234567", "shared_cost"),
            ("+19002345678", "premium_rate"),
            ("+448701234567", "premium_rate"),
            ("+445612345678", "voip"),
        ],
    )
    def test_is_told_in_a_word(self, number: str, kind: str) -> None:
        assert phone_numbers.kind(number) == kind


class TestTakesSms:
    @pytest.mark.parametrize("number", [NUMBER, "+14155552671", "+85251234567"])
    def test_a_number_of_a_mobile_phone(self, number: str) -> None:
        assert phone_numbers.takes_sms(number)

    @pytest.mark.parametrize(
        "number", ["+8617012345678", "+8617112345678", "+8616212345678"]
    )
    def test_a_number_of_a_virtual_operator(self, number: str) -> None:
        """A18: people have them, and libphonenumber calls them mobile."""
        assert phone_numbers.takes_sms(number)

    @pytest.mark.parametrize(
        "number",
        ["+19002345678", "+448701234567", "+864001234567", "+445612345678"],
    )
    def test_no_number_that_costs_more_or_is_no_phone(self, number: str) -> None:
        """R11."""
        assert not phone_numbers.takes_sms(number)

    def test_no_landline(self) -> None:
        assert not phone_numbers.takes_sms("+861065529988")

    @pytest.mark.parametrize(
        "number",
        ["", "13800138000", "8613800138000", "+86 13800138000", "+86013800138000", "x"],
    )
    def test_another_spelling_of_a_number_is_refused(self, number: str) -> None:
        """It would be another number to every limit."""
        with pytest.raises(InvalidPhoneNumber):
            phone_numbers.takes_sms(number)

    def test_every_country_has_numbers_in_e164(self) -> None:
        for number in examples():
            phone_numbers.takes_sms(number)


class TestMask:
    @pytest.mark.parametrize(
        ("number", "masked"),
        [
            ("+8613800138000", "+86138****8000"),
            ("+14155552671", "+141****2671"),
            ("+85251234567", "+852****4567"),
            ("+4712345678", "+47****78"),
            ("+47123456", "+47****56"),
            ("+6837012", "+68****2"),
            ("+989601", "+98****"),
        ],
    )
    def test_shows_the_country_and_the_end(self, number: str, masked: str) -> None:
        assert phone_numbers.mask(number) == masked

    @given(st.from_regex(r"\+[1-9][0-9]{5,14}", fullmatch=True))
    def test_hides_four_digits_at_least(self, number: str) -> None:
        head, _, tail = phone_numbers.mask(number).partition("****")
        assert number.startswith(head)
        assert number.endswith(tail)
        assert len(number) - len(head) - len(tail) >= 4
