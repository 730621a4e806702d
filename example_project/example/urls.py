from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView, TemplateView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from example.views import withdraw

urlpatterns = [
    path("", TemplateView.as_view(template_name="home.html"), name="home"),
    path("account/", include("sms_verification.web.urls")),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("withdraw/", withdraw, name="withdraw"),
    path("phone/", include("phone.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("sms/", include("sms_verification.urls")),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    # Browsers ask for it on admin's pages, which name no icon.
    path("favicon.ico", RedirectView.as_view(url=static("icon.svg"))),
    path("api/", SpectacularSwaggerView.as_view(url_name="schema"), name="api"),
]
