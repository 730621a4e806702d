"""Include these at a prefix of your choice: ``include("sms_verification.urls")``."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from sms_verification.api.views import LoginView, VerificationViewSet

app_name = "sms_verification"

router = SimpleRouter()
router.register("verifications", VerificationViewSet, basename="verification")

urlpatterns = [
    path("", include(router.urls)),
    path("receipts/", include("sms_verification.receipts.urls")),
    path("login/", LoginView.as_view(), name="login"),
]
