"""The pages. Include all of them, or name the views that you want one by one."""

from __future__ import annotations

from django.urls import path

from sms_verification.web import views

urlpatterns = [
    path("login/", views.LoginView.as_view(), name="phone_login"),
    path("login/code/", views.LoginCodeView.as_view(), name="phone_login_code"),
    path("register/", views.RegisterView.as_view(), name="phone_register"),
    path(
        "register/code/", views.RegisterCodeView.as_view(), name="phone_register_code"
    ),
    path(
        "password-reset/",
        views.PasswordResetView.as_view(),
        name="phone_password_reset",
    ),
    path(
        "password-reset/code/",
        views.PasswordResetCodeView.as_view(),
        name="phone_password_reset_code",
    ),
    path(
        "password-reset/done/",
        views.PasswordResetDoneView.as_view(),
        name="phone_password_reset_done",
    ),
    path(
        "change-number/", views.ChangeNumberView.as_view(), name="phone_change_number"
    ),
    path(
        "change-number/code/",
        views.ChangeNumberCodeView.as_view(),
        name="phone_change_number_code",
    ),
    path(
        "change-number/present/",
        views.PresentNumberView.as_view(),
        name="phone_present_number",
    ),
    path(
        "change-number/present/code/",
        views.PresentNumberCodeView.as_view(),
        name="phone_present_number_code",
    ),
    path("confirm/<str:purpose>/", views.ConfirmView.as_view(), name="phone_confirm"),
    path(
        "confirm/<str:purpose>/code/",
        views.ConfirmCodeView.as_view(),
        name="phone_confirm_code",
    ),
]
