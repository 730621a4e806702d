from __future__ import annotations

from django.urls import include, path
from rest_framework.authentication import BasicAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.views import TokenRefreshView


class MeView(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        return Response({"id": request.user.pk})


class PasswordView(MeView):
    authentication_classes = [BasicAuthentication]


urlpatterns = [
    path("sms/", include("sms_verification.urls")),
    path("me/", MeView.as_view()),
    path("me/by-password/", PasswordView.as_view()),
    path("token/refresh/", TokenRefreshView.as_view()),
]
