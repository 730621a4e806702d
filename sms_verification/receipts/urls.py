from __future__ import annotations

from django.urls import path

from sms_verification.receipts.views import receive

urlpatterns = [
    path("<str:alias>/<str:secret>/", receive, name="receipts"),
    # As it is pasted by some. A redirect would lose the push, and Django would log a 404
    # with the secret.
    path("<str:alias>/<str:secret>", receive),
]
