"""Where the simulated vendors are, below any prefix."""

from __future__ import annotations

from django.urls import path, re_path

from sms_verification.simulators import views

app_name = "sms_verification_simulators"

urlpatterns = [
    path("", views.gateway, name="gateway"),
    # Whose account it is, Twilio looks up after it knows who asks.
    re_path(
        r"^2010-04-01/Accounts/[^/]+/Messages\.json$",
        views.twilio_messages,
        name="twilio_messages",
    ),
]
