from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("sms/", include("sms_verification.urls"))]
