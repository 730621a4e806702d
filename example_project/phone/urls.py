from __future__ import annotations

from django.urls import path

from phone import views

urlpatterns = [
    path("", views.phone, name="phone"),
    path("messages/", views.messages, name="phone_messages"),
]
