from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from sms_verification.management.doctor import Line, Mark, examine


class Command(BaseCommand):
    help = (
        "Look at what codes need before people do: routes, providers, templates, the"
        " cache, keys. No SMS is sent and no vendor is asked. Fails if sending would."
    )
    # It tells what they find, each in its place.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--base",
            default="",
            metavar="URL",
            help="What stands in front of paths, like https://example.com.",
        )

    def handle(self, *, base: str, **options: Any) -> None:
        failures = 0
        for title, lines in examine(base.rstrip("/")):
            self.stdout.write(self.style.MIGRATE_HEADING(title))
            for line in lines:
                self._write(line)
                failures += line.mark == Mark.FAILS
        if failures:
            raise CommandError(_("Codes would not be sent everywhere. See ✗ above."))

    def _write(self, line: Line) -> None:
        styles = {
            Mark.FINE: self.style.SUCCESS,
            Mark.NOTE: self.style.WARNING,
            Mark.FAILS: self.style.ERROR,
        }
        self.stdout.write(f"  {styles[line.mark](line.mark)} {line.text}")
        if line.hint:
            self.stdout.write(f"    {line.hint}")
