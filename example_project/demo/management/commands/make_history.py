from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from demo import history
from sms_verification.models import Verification


class Command(BaseCommand):
    help = "Make a few weeks of plausible history, where there is none yet."

    def handle(self, *args: Any, **options: Any) -> None:
        if Verification.objects.exists():
            self.stdout.write("There is a history already.")
            return
        history.save(history.tell(timezone.now()))
        self.stdout.write(f"Made {Verification.objects.count()} verifications.")
