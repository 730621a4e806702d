"""The two steps of every page: a number, then its code. For subclasses."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise

from sms_verification import approvals, clients, sending, sessions, verifications
from sms_verification.conf import settings
from sms_verification.exceptions import NotFound, UnknownPurpose, VerificationError
from sms_verification.models import Verification
from sms_verification.representations import represent
from sms_verification.web.forms import PhoneNumberForm, explain, told
from sms_verification.web.pages import Page

__all__ = ["CodeView", "DoneView", "PhoneNumberView", "Step"]

# Other pages that a page leads to, where the host has them.
_PAGES = {
    "login_url": ("phone_login", "login"),
    "register_url": ("phone_register", "register"),
    "password_reset_url": ("phone_password_reset", "reset_password"),
    "change_number_url": ("phone_change_number", "change_phone"),
}


class Step(Page):
    """A page with links to the others, if the host has not switched its purpose off."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            settings.purpose(self.purpose)
        except UnknownPurpose:
            raise Http404 from None
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{**self.others(), **kwargs})

    def others(self) -> dict[str, str]:
        """Return the addresses of the pages that there are, by what templates say."""
        found = {}
        for name, (page, purpose) in _PAGES.items():
            with suppress(NoReverseMatch, UnknownPurpose):
                settings.purpose(purpose)
                found[name] = self.with_next(reverse(page))
        return found


class DoneView(Step):
    """What was done, and where to go on."""

    http_method_names = ["get", "head", "options"]
    form_class = forms.Form


class PhoneNumberView(Step):
    """The first step: send a code to a number."""

    form_class = PhoneNumberForm
    redirect_authenticated_user = False
    code_url: Any

    def elsewhere(self) -> str | None:
        signed_in = self.request.user.is_authenticated
        if not (self.redirect_authenticated_user and signed_in):
            return None
        to = self.get_success_url()
        if to == self.request.path:
            raise ValueError(
                "A signed-in user would be redirected for ever: check that"
                " LOGIN_REDIRECT_URL does not point to this page."
            )
        return to

    def form_valid(self, form: Any) -> HttpResponse:
        number = form.cleaned_data["phone_number"]
        try:
            sessions.start(self.request, number, self.purpose)
        except VerificationError as error:
            form.add_error("phone_number", explain(error))
            return self.form_invalid(form)
        return HttpResponseRedirect(self.with_next(self.code_url))


class CodeView(Step):
    """The second step: check the code, or send it again."""

    number_url: Any
    # Did the person type the number, and may have typed another?
    typed = True
    # What the button says.
    submit: str | Promise

    # The one that the page was made for, or the last that this session began.
    verification: Verification

    @property
    def proof(self) -> str:
        """What this session has proved by it, if that can still be spent."""
        return self.kept(self.purpose)

    def kept(self, key: str) -> str:
        kept = sessions.kept_proof(self.request, key)
        found = approvals.peek(kept, self.purpose) if kept else None
        return kept if found == self.verification else ""

    def elsewhere(self) -> str | None:
        found = self.find()
        if found is None:
            return self.with_next(self.number_url)
        self.verification = found
        # In another tab, or before the back button.
        done = found.used_at and self.request.user.is_authenticated
        return self.get_success_url() if done else None

    def find(self) -> Verification | None:
        """Return which is meant: another tab may have begun a later one."""
        try:
            pk: UUID | None = UUID(self.request.POST.get("verification", ""))
        except ValueError:
            pk = clients.held(self.request, self.purpose)
        try:
            found = verifications.status(pk) if pk is not None else None
        except NotFound:
            return None
        return found if found and found.purpose == self.purpose else None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "resend" in request.POST:
            return self.resend()
        return super().post(request, *args, **kwargs)

    def resend(self) -> HttpResponse:
        try:
            to = self._send_again()
        except VerificationError as error:
            return self.tell(told(error))
        return HttpResponseRedirect(self.with_next(to))

    def _send_again(self) -> Any:
        """By the same verification while it lives, by a new one after that."""
        found = self.verification
        if sending.may_resend(found, timezone.now()):
            client = clients.from_request(self.request)
            verifications.resend(found.pk, client)
            clients.hold(self.request, self.purpose, found.pk)
        elif clients.held(self.request, self.purpose) == found.pk:
            number = found.phone_number.number
            sessions.start(self.request, number, self.purpose, anew=True)
        else:
            # An old id is no leave to have codes sent to its number.
            return self.number_url
        return self.request.path

    def form_invalid(self, form: Any) -> HttpResponse:
        # It may have one check less.
        self.verification = verifications.status(self.verification.pk)
        return super().form_invalid(form)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            **super().get_form_kwargs(),
            "request": self.request,
            "verification": self.verification,
            "key": self.purpose,
            "proof": self.proof,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **{
                "verification": represent(self.verification, timezone.now()),
                "number_url": self.with_next(self.number_url) if self.typed else "",
                "submit": self.submit,
                "needs_account": settings.purpose(self.purpose).needs_account,
                **kwargs,
            }
        )
