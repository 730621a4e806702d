"""Pages for people, in the style of ``django.contrib.auth.views``.

Subclass a view to change its form, its template or where it leads to.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth import authenticate, login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from sms_verification import (
    approvals,
    backends,
    clients,
    logins,
    registrations,
    sessions,
)
from sms_verification.backends import refusal
from sms_verification.conf import settings
from sms_verification.evidence import proof_of
from sms_verification.exceptions import (
    StepUpRequired,
    UnknownPurpose,
    VerificationError,
)
from sms_verification.models import Verification
from sms_verification.types import Demand, Evidence
from sms_verification.web.forms import told
from sms_verification.web.number_views import (
    ChangeNumberCodeView,
    ChangeNumberView,
    ConfirmCodeView,
    ConfirmView,
    PresentNumberCodeView,
    PresentNumberView,
)
from sms_verification.web.scenario_forms import (
    LoginCodeForm,
    PasswordResetCodeForm,
    RegisterCodeForm,
)
from sms_verification.web.steps import CodeView, DoneView, PhoneNumberView

__all__ = [
    "ChangeNumberCodeView",
    "ChangeNumberView",
    "ConfirmCodeView",
    "ConfirmView",
    "LoginCodeView",
    "LoginView",
    "PasswordResetCodeView",
    "PasswordResetDoneView",
    "PasswordResetView",
    "PresentNumberCodeView",
    "PresentNumberView",
    "RegisterCodeView",
    "RegisterView",
]


class SignInCodeView(CodeView):
    """Signs in whose number was proved on the page."""

    ends_with_sign_in = True

    def form_valid(self, form: Any) -> HttpResponse:
        return self.sign_in(form.user)

    def sign_in(self, user: Any) -> HttpResponse:
        backend = getattr(user, "backend", None) or backends.path()
        if user.is_active:  # a host may look at whoever registers first
            login(self.request, user, backend=backend)
        return HttpResponseRedirect(self.get_success_url())


class LoginView(PhoneNumberView):
    purpose = "login"
    ends_with_sign_in = True
    template_name = "sms_verification/login.html"
    code_url = reverse_lazy("phone_login_code")


class LoginCodeView(SignInCodeView):
    purpose = "login"
    template_name = "sms_verification/login_code.html"
    form_class = LoginCodeForm
    number_url = reverse_lazy("phone_login")
    submit = _("Sign in")
    # A page of the host's that asks for the user's second factor, and goes on with
    # ``sessions.kept_proof(request, "login")``.
    step_up_url: Any = None

    def find(self) -> Verification | None:
        return super().find() or self._handed_over()

    def _handed_over(self) -> Verification | None:
        """Return what was proved on the page to register, and is somebody's."""
        kept = sessions.kept_proof(self.request, self.purpose)
        found = approvals.peek(kept, self.purpose)
        held = clients.held(self.request, self.purpose)
        return found if found and found.pk == held else None

    def form_invalid(self, form: Any) -> HttpResponse:
        if form.demand is Demand.SECOND_FACTOR and self.step_up_url:
            return HttpResponseRedirect(self.with_next(self.step_up_url))
        return super().form_invalid(form)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "new_account" in request.POST and self.proof and self.may_register:
            return self.register()
        return super().post(request, *args, **kwargs)

    @property
    def may_register(self) -> bool:
        """Whether the host lets people make an account, on a page of its own or here."""
        with suppress(UnknownPurpose):
            settings.purpose(registrations.PURPOSE)
            return settings.CREATE_USERS or "register_url" in self.others()
        return False

    @sensitive_variables()
    def register(self) -> HttpResponse:
        """Make an account of their own for who has the number now."""
        try:
            user = registrations.register(
                # One that goes on, also where check/ was asked before.
                Evidence(proof=proof_of(self.verification)),
                clients.from_request(self.request),
                not_my_account=True,
            )
        except VerificationError as error:
            return self.tell(told(error))
        return self.sign_in(user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        step_up = self.with_next(self.step_up_url) if self.step_up_url else ""
        more = {"step_up_url": step_up, "may_register": self.may_register}
        return super().get_context_data(**{**more, **kwargs})


class RegisterView(PhoneNumberView):
    purpose = "register"
    ends_with_sign_in = True
    template_name = "sms_verification/register.html"
    code_url = reverse_lazy("phone_register_code")


class RegisterCodeView(SignInCodeView):
    purpose = "register"
    template_name = "sms_verification/register_code.html"
    form_class = RegisterCodeForm
    number_url = reverse_lazy("phone_register")
    submit = _("Register")
    # Without one, people sign in by code alone.
    with_password = True
    login_code_url: Any = "phone_login_code"

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        if not self.with_password:
            del form.fields["password"]
        return form

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "sign_in" in request.POST and self.proof:
            return self.sign_in_instead()
        return super().post(request, *args, **kwargs)

    @sensitive_variables()
    def sign_in_instead(self) -> HttpResponse:
        """Let who has an account already into that, by what was just proved."""
        user = authenticate(self.request, secret_proof=proof_of(self.verification))
        if user is not None:
            return self.sign_in(user)
        error = refusal(self.request)
        if isinstance(error, StepUpRequired):
            # The page to log in knows how to ask for more.
            clients.hold(self.request, logins.PURPOSE, self.verification.pk)
            sessions.keep_proof(self.request, logins.PURPOSE, error.proof)
            with suppress(NoReverseMatch):
                return HttpResponseRedirect(self.with_next(self.login_code_url))
        return self.tell(told(error))


class PasswordResetView(PhoneNumberView):
    purpose = "reset_password"
    template_name = "sms_verification/password_reset.html"
    code_url = reverse_lazy("phone_password_reset_code")


class PasswordResetCodeView(CodeView):
    purpose = "reset_password"
    template_name = "sms_verification/password_reset_code.html"
    form_class = PasswordResetCodeForm
    number_url = reverse_lazy("phone_password_reset")
    done_url: Any = reverse_lazy("phone_password_reset_done")
    submit: str | Promise = _("Set the password")

    def form_valid(self, form: Any) -> HttpResponse:
        return HttpResponseRedirect(resolve_url(self.done_url))


class PasswordResetDoneView(DoneView):
    purpose = "reset_password"
    template_name = "sms_verification/password_reset_done.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # The host's own page, where a password is typed.
        sign_in = resolve_url(django_settings.LOGIN_URL)
        return super().get_context_data(**{"sign_in_url": sign_in, **kwargs})
