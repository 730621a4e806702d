"""The second step of each page: a code, and what it is good for there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import (
    password_validators_help_text_html,
    validate_password,
)
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from sms_verification import (
    admission,
    clients,
    logins,
    number_changes,
    password_resets,
    registrations,
    verifications,
)
from sms_verification.accounts import get_accounts
from sms_verification.backends import counted_as_login, refusal
from sms_verification.exceptions import (
    InvalidCode,
    NoAccount,
    PhoneNumberTaken,
    StepUpRequired,
    VerificationError,
)
from sms_verification.types import Demand, Evidence
from sms_verification.web.forms import CodeForm

__all__ = [
    "ChangeNumberCodeForm",
    "ConfirmCodeForm",
    "LoginCodeForm",
    "PasswordResetCodeForm",
    "RegisterCodeForm",
]

# As long as the forms of django.contrib.auth take.
LONGEST_PASSWORD = 4096


def _present_password(*, autofocus: bool) -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "current-password", "autofocus": autofocus}
        ),
    )


class ActingForm(CodeForm):
    """Does what its page is for, once all that was typed can be taken."""

    error: VerificationError | None = None

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        # A code is worth nothing twice: not before the rest is right.
        if not self.errors:
            try:
                self.act()
            except VerificationError as error:
                self.error = error
                self.refuse(error)
        return self.cleaned_data

    def act(self) -> None:
        """Spend the evidence. Raise what the flow refuses."""

    @property
    def may_take_over(self) -> bool:
        """Whether the number can be had by who says that its account is not theirs."""
        number = self.verification.phone_number
        owner = get_accounts().find(number)
        return owner is not None and get_accounts().may_take_over(number, owner)


class NewPasswordForm(ActingForm):
    """Takes a password, and tells what is wrong with it before it takes the code."""

    password = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        max_length=LONGEST_PASSWORD,
        help_text=password_validators_help_text_html(),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


class OwnersForm(ActingForm):
    """Asks the account of a proved number what else there is to show."""

    purpose: str
    # What is asked for beside the code, once that was right.
    demand = Demand.NOTHING
    owner: AbstractBaseUser | None = None

    def go_on(self, proof: str) -> None:
        super().go_on(proof)
        number = self.verification.phone_number
        self.owner = get_accounts().find(number)
        self.demand = admission.demanded(number, self.owner, self.purpose)

    @property
    def is_explained(self) -> bool:
        return isinstance(self.error, NoAccount | StepUpRequired)


class LoginCodeForm(OwnersForm):
    """Finds the ``user`` whose number a right code proves."""

    purpose = logins.PURPOSE
    user: AbstractBaseUser | None = None

    def go_on(self, proof: str) -> None:
        super().go_on(proof)
        asked = self.owner is not None and self.owner.has_usable_password()
        if self.demand is Demand.PASSWORD and asked:
            self.fields["password"] = _present_password(autofocus=True)

    def act(self) -> None:
        password = self.cleaned_data.get("password", "")
        shown = {**self.evidence.credentials, "secret_password": password}
        self.user = authenticate(self.request, **shown)
        if self.user is None:
            raise refusal(self.request)


class RegisterCodeForm(NewPasswordForm):
    """Makes the account whose ``user`` is then to be signed in."""

    user: AbstractBaseUser | None = None

    def act(self) -> None:
        evidence = self.evidence
        with counted_as_login(self.request, evidence):
            self.user = registrations.register(
                evidence,
                clients.from_request(self.request),
                password=self.cleaned_data.get("password", ""),
                not_my_account="not_my_account" in self.data,
            )

    @property
    def is_taken(self) -> bool:
        """Whether the number was proved, and has an account."""
        return isinstance(self.error, PhoneNumberTaken)

    @property
    def is_explained(self) -> bool:
        return self.is_taken


class PasswordResetCodeForm(NewPasswordForm, OwnersForm):
    """Sets the password."""

    purpose = password_resets.PURPOSE

    def go_on(self, proof: str) -> None:
        super().go_on(proof)
        if self.demand:
            # By nothing that could be typed here.
            self.fields.pop("password", None)

    def act(self) -> None:
        if self.demand:
            refused = NoAccount if self.demand is Demand.ACCOUNT else StepUpRequired
            raise refused(self.proof)
        client = clients.from_request(self.request)
        password_resets.reset(self.evidence, self.cleaned_data["password"], client)


class ChangeNumberCodeForm(ActingForm):
    """Makes the number the signed-in user's."""

    def __init__(self, *args: Any, old_proof: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.old_proof = old_proof
        if number_changes.demanded(self._user) == "password":
            autofocus = bool(self.proof)
            self.fields["password"] = _present_password(autofocus=autofocus)

    @property
    def _user(self) -> Any:
        return self.request.user

    @property
    def offers_takeover(self) -> bool:
        """Whether the number was proved, and its account has lain idle."""
        return isinstance(self.error, PhoneNumberTaken) and self.may_take_over

    def act(self) -> None:
        number_changes.change(
            self.evidence,
            self._user,
            clients.from_request(self.request),
            not_my_account="not_my_account" in self.data,
            password=self.cleaned_data.get("password", ""),
            old_proof=self.old_proof,
        )


class ConfirmCodeForm(ActingForm):
    """Checks the code, and leaves the approval to be spent, or seen, elsewhere."""

    def act(self) -> None:
        evidence: Evidence = self.evidence
        assert evidence.verification_id  # noqa: S101  # it goes on by nothing else
        attempt = verifications.attempt(
            evidence.verification_id,
            evidence.code,
            clients.from_request(self.request),
            purpose=self.verification.purpose,
        )
        if attempt.approved is None:
            raise InvalidCode(attempt.checks_left)
