"""The pages. Include all of them, or name the views that you want one by one."""

from __future__ import annotations

from django.urls import path

from sms_verification.web.views import LoginCodeView, LoginView

urlpatterns = [
    path("login/", LoginView.as_view(), name="phone_login"),
    path("login/code/", LoginCodeView.as_view(), name="phone_login_code"),
]
