from __future__ import annotations

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class SmsVerificationConfig(AppConfig):
    name = "sms_verification"
    verbose_name = _("SMS verification")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sms_verification import checks, logs  # noqa: F401, PLC0415

        if apps.is_installed("drf_spectacular"):
            from sms_verification.api import schema  # noqa: F401, PLC0415
