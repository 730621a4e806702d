"""The two steps of every page: a number, then the code that came by SMS."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_variables

from sms_verification import phone_numbers, sessions, texts
from sms_verification.conf import settings
from sms_verification.exceptions import (
    InvalidCode,
    InvalidFields,
    InvalidPhoneNumber,
    LockedOut,
    TryLater,
    Unspent,
    VerificationError,
)
from sms_verification.models import Verification
from sms_verification.types import Evidence
from sms_verification.web import countries

__all__ = ["CodeForm", "PhoneNumberForm", "explain", "told"]

# What people put between the digits of a code, or the app that they copy it from.
_BETWEEN_DIGITS = re.compile(r"[\s\-\u2010-\u2015\u200b-\u200f\u2060\ufeff]+")


def explain(error: VerificationError) -> ValidationError:
    """Return a refusal as a form's error."""
    return ValidationError(told(error), code=error.code)


def told(error: VerificationError) -> str:
    """Return a refusal in words, with how often or how soon one can try again."""
    if isinstance(error, LockedOut):
        wait = texts.duration(error.retry_after)
        return _("Too many attempts. Try again in %(wait)s.") % {"wait": wait}
    if isinstance(error, TryLater):
        wait = texts.duration(error.retry_after)
        return _("Too many messages. Try again in %(wait)s.") % {"wait": wait}
    if isinstance(error, InvalidCode):
        return _of_invalid_code(error.checks_left)
    return texts.refusal(error.code)


def _of_invalid_code(checks_left: int) -> str:
    if not checks_left:
        return _("This code is no longer valid. Ask for a new one.")
    more = ngettext(
        "You can try once more.", "You can try %(n)d more times.", checks_left
    )
    return _("This is not the code. %(more)s") % {"more": more % {"n": checks_left}}


class PhoneNumberForm(forms.Form):
    """A phone number as people type it. ``cleaned_data["phone_number"]`` is E.164."""

    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        required=False,
        widget=forms.Select(attrs={"autocomplete": "tel-country-code"}),
    )
    phone_number = forms.CharField(
        label=gettext_lazy("Phone number"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"type": "tel", "autocomplete": "tel-national", "autofocus": True}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)  # noqa: S101  # for the type checker
        country.choices = countries.choices()
        if settings.DEFAULT_REGION not in dict(country.choices):
            country.choices = [("", _("Choose a country")), *country.choices]

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        text, region = self.cleaned_data.get("phone_number"), self._region()
        if text is not None:
            try:
                number = phone_numbers.parse(text, region)
            except InvalidPhoneNumber as error:
                self.add_error("phone_number", explain(error))
            else:
                self.cleaned_data["phone_number"] = number
        return self.cleaned_data

    def _region(self) -> str | None:
        return self.cleaned_data.get("country") or settings.DEFAULT_REGION


class CodeForm(forms.Form):
    """The code of the verification that the view gives."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        # A pasted one may come with what stands around it.
        max_length=32,
        # It reads as text, and like a password is not repeated in the next page.
        widget=forms.PasswordInput(
            attrs={
                "type": "text",
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "autofocus": True,
            }
        ),
    )

    def __init__(
        self,
        request: HttpRequest,
        verification: Verification,
        *args: Any,
        key: str,
        proof: str = "",
        **kwargs: Any,
    ) -> None:
        self.request = request
        self.verification = verification
        # By which the session keeps what is proved here.
        self.key = key
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.proof = ""
        if proof:
            self.go_on(proof)

    @property
    def is_explained(self) -> bool:
        """Whether the page itself says what was refused, better than a notice."""
        return False

    def go_on(self, proof: str) -> None:
        """Ask for no code any more: it was right, and something else was not."""
        self.proof = proof
        self.fields.pop("code", None)
        for field in [*self.fields.values()][:1]:
            field.widget.attrs["autofocus"] = True

    @property
    def evidence(self) -> Evidence:
        """What shows control of the number."""
        if self.proof:
            return Evidence(proof=self.proof)
        code = self.cleaned_data["code"]
        return Evidence(verification_id=self.verification.pk, code=code)

    @sensitive_variables()
    def refuse(self, error: VerificationError) -> None:
        """Tell the refusal where it belongs, and keep what was proved."""
        if isinstance(error, Unspent) and error.proof:
            sessions.keep_proof(self.request, self.key, error.proof)
            self.go_on(error.proof)
        if isinstance(error, InvalidFields):
            for name, texts_ in error.fields.items():
                self.add_error(name if name in self.fields else None, list(texts_))
        else:
            self.add_error("code" if "code" in self.fields else None, explain(error))

    @sensitive_variables()
    def clean_code(self) -> str:
        """Fold what people paste: ``123 456``, full-width digits. It spends nothing."""
        text = unicodedata.normalize("NFKC", self.cleaned_data["code"])
        code = _BETWEEN_DIGITS.sub("", text)
        if not re.fullmatch(r"[0-9]{4,10}", code):
            raise ValidationError(_("Enter the digits of the code."), code="invalid")
        return code
