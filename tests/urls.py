from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from sms_verification.web.views import LoginView


def profile(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"Signed in as {request.user}")


urlpatterns = [
    path("account/", include("sms_verification.web.urls")),
    path("accounts/profile/", profile),
    path("hosts/login/", LoginView.as_view(redirect_authenticated_user=True)),
    path("admin/", admin.site.urls),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("sms/", include("sms_verification.urls")),
]
