"""Pages for people, in the style of ``django.contrib.auth.views``.

Subclass a view to change its form, its template or where it leads to.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy

from sms_verification.web.forms import LoginCodeForm
from sms_verification.web.steps import CodeView, PhoneNumberView

__all__ = ["LoginCodeView", "LoginView"]


class LoginView(PhoneNumberView):
    purpose = "login"
    template_name = "sms_verification/login.html"
    code_url = reverse_lazy("phone_login_code")


class LoginCodeView(CodeView):
    purpose = "login"
    template_name = "sms_verification/login_code.html"
    form_class = LoginCodeForm
    number_url = reverse_lazy("phone_login")

    def form_valid(self, form: Any) -> HttpResponse:
        login(self.request, form.user)
        return HttpResponseRedirect(self.get_success_url())
