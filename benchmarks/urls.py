from __future__ import annotations

from django.urls import include, path

from benchmarks import floor

urlpatterns = [
    path("sms/", include("sms_verification.urls")),
    path("floor/start/", floor.StartView.as_view()),
    path("floor/check/", floor.CheckView.as_view()),
    path("floor/login/", floor.LoginView.as_view()),
]
