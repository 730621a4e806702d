"""A host that names one pair of views."""

from __future__ import annotations

from django.urls import path

from sms_verification.web.views import LoginCodeView, LoginView

urlpatterns = [
    path("login/", LoginView.as_view(), name="phone_login"),
    path("code/", LoginCodeView.as_view(), name="phone_login_code"),
]
