"""Pages for who is signed in: a new number, and a fresh proof of the present one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from sms_verification import approvals, clients, number_changes, proofs, sessions
from sms_verification.accounts import get_accounts
from sms_verification.conf import settings
from sms_verification.exceptions import UnknownPurpose, VerificationError
from sms_verification.models import PhoneNumber, Verification
from sms_verification.web.forms import told
from sms_verification.web.scenario_forms import ChangeNumberCodeForm, ConfirmCodeForm
from sms_verification.web.steps import CodeView, PhoneNumberView, Step

__all__ = [
    "ChangeNumberCodeView",
    "ChangeNumberView",
    "ConfirmCodeView",
    "ConfirmView",
    "PresentNumberCodeView",
    "PresentNumberView",
]

# Where the session keeps what proves the present number: the purpose's own place is
# the new one's.
PRESENT = "change_phone:present"


class OwnPage(LoginRequiredMixin, Step):
    """A page for who is signed in."""

    @cached_property
    def own_number(self) -> PhoneNumber | None:
        accounts, user_pk = get_accounts(), self.request.user.pk
        if self.purpose == number_changes.PURPOSE:
            return accounts.present_number(user_pk)
        return accounts.number_of(user_pk)

    @property
    def present(self) -> str:
        """The user's own number, masked, or nothing."""
        return self.own_number.masked if self.own_number else ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"present": self.present, **kwargs})


class SendView(OwnPage):
    """The first step where no number is typed: the code goes to the user's own."""

    form_class = forms.Form
    code_url: Any

    def form_valid(self, form: Any) -> HttpResponse:
        text = self.own_number.number if self.own_number else None
        try:
            sessions.start(self.request, text, self.purpose)
        except VerificationError as error:
            return self.tell(told(error))
        return HttpResponseRedirect(self.with_next(self.code_url))


class KeepView(OwnPage, CodeView):
    """The second step whose proof the session keeps, of the user's own number."""

    form_class = ConfirmCodeForm
    typed = False
    key: str

    @property
    def proof(self) -> str:
        return self.kept(self.key)

    def elsewhere(self) -> str | None:
        to = super().elsewhere()
        if to is None and self.proof:  # in another tab, or before the back button
            return self.get_success_url()
        return to

    @sensitive_variables()
    def form_valid(self, form: Any) -> HttpResponse:
        proof = proofs.write(self.verification.pk)
        sessions.keep_proof(self.request, self.key, proof)
        return HttpResponseRedirect(self.get_success_url())


class ChangeNumberView(OwnPage, PhoneNumberView):
    purpose = number_changes.PURPOSE
    template_name = "sms_verification/change_number.html"
    code_url = reverse_lazy("phone_change_number_code")
    present_url: Any = reverse_lazy("phone_present_number")

    def elsewhere(self) -> str | None:
        demanded = number_changes.demanded(self.request.user)  # type: ignore[arg-type]  # signed in
        if demanded == "old_proof" and not present_proof(self.request):
            return self.with_next(self.present_url)
        return super().elsewhere()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if refused := self.refused:
            return self.tell(told(refused))
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        # Before an SMS is paid for that is good for nothing.
        if refused := self.refused:
            return self.tell(told(refused))
        return super().form_valid(form)

    @property
    def refused(self) -> VerificationError | None:
        """Why the user can change no number at all."""
        client = clients.from_request(self.request)
        return number_changes.refusal(self.request.user, client)  # type: ignore[arg-type]  # signed in

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"is_closed": self.refused, **kwargs})


class ChangeNumberCodeView(OwnPage, CodeView):
    purpose = number_changes.PURPOSE
    template_name = "sms_verification/change_number_code.html"
    form_class = ChangeNumberCodeForm
    number_url = reverse_lazy("phone_change_number")
    submit = _("Change the number")

    def get_form_kwargs(self) -> dict[str, Any]:
        old_proof = present_proof(self.request)
        return {**super().get_form_kwargs(), "old_proof": old_proof}

    def form_valid(self, form: Any) -> HttpResponse:
        update_session_auth_hash(self.request, self.request.user)  # type: ignore[arg-type]  # signed in
        text = _("Your phone number is changed.")
        messages.success(self.request, text, fail_silently=True)
        return HttpResponseRedirect(self.get_success_url())


class PresentNumberView(SendView):
    """Of who has no password: the present number first."""

    purpose = number_changes.PURPOSE
    template_name = "sms_verification/present_number.html"
    code_url = reverse_lazy("phone_present_number_code")


class PresentNumberCodeView(KeepView):
    purpose = number_changes.PURPOSE
    template_name = "sms_verification/present_number_code.html"
    number_url = reverse_lazy("phone_present_number")
    change_url: Any = reverse_lazy("phone_change_number")
    submit = _("Continue")
    key = PRESENT

    def find(self) -> Verification | None:
        found = super().find()
        return found if found and found.phone_number == self.own_number else None

    def get_success_url(self) -> str:
        return self.with_next(self.change_url)


class ConfirmView(SendView):
    """For a purpose of the host's, named by the view or by the address."""

    purpose = ""
    template_name = "sms_verification/confirm.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.purpose = own_purpose(kwargs.get("purpose", self.purpose))
        self.code_url = reverse("phone_confirm_code", args=[self.purpose])


class ConfirmCodeView(KeepView):
    purpose = ""
    template_name = "sms_verification/confirm_code.html"
    submit = _("Confirm")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.purpose = self.key = own_purpose(kwargs.get("purpose", self.purpose))
        self.number_url = reverse("phone_confirm", args=[self.purpose])


def present_proof(request: HttpRequest) -> str:
    """Return what this session has proved of the present number, if it can be spent."""
    kept = sessions.kept_proof(request, PRESENT)
    return kept if kept and approvals.peek(kept, number_changes.PURPOSE) else ""


def own_purpose(name: str) -> str:
    """Return a purpose whose code goes to the user's own number. Raise ``Http404``."""
    try:
        known = settings.purpose(name).own_number
    except UnknownPurpose:
        known = False
    if not known:
        raise Http404
    return name
