"""Include these at a prefix of your choice: ``include("sms_verification.urls")``."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from sms_verification.api.scenarios import (
    LoginView,
    PasswordResetView,
    PhoneNumberView,
    RegisterView,
)
from sms_verification.api.views import VerificationViewSet

app_name = "sms_verification"

router = SimpleRouter()
router.register("verifications", VerificationViewSet, basename="verification")

urlpatterns = [
    path("", include(router.urls)),
    path("receipts/", include("sms_verification.receipts.urls")),
    path("login/", LoginView.as_view(), name="login"),
    path("register/", RegisterView.as_view(), name="register"),
    path("password-reset/", PasswordResetView.as_view(), name="password_reset"),
    path("phone-number/", PhoneNumberView.as_view(), name="phone_number"),
]
