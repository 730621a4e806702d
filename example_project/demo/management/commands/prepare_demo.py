from __future__ import annotations

import os
import secrets
import sys
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

WALK_THROUGH = """
The example site runs at {url}

  1. Sign in    {url}account/login/
                Type 138 0013 8000. The phone beside the page gets the code:
                tap the message, and it is filled in.
  2. Admin      {url}admin/
                {admin}
                Search 138 0013 8111, whose codes were guessed, or
                138 0013 8222, which is blocked.
  3. API        {url}api/
  4. Phone      {url}phone/

Ctrl-C ends it.
"""


class Command(BaseCommand):
    help = "Set the demo up, and say where to begin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", help="where the site is going to run")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        call_command("make_history", stdout=self.stdout)
        self.stdout.write(WALK_THROUGH.format(url=options["url"], admin=make_admin()))


def make_admin() -> str:
    """Make an administrator on the first run; return how to sign in."""
    if User.objects.filter(username="admin").exists():
        python, manage = os.path.relpath(sys.executable), os.path.relpath(sys.argv[0])
        return f"User admin. Forgotten? {python} {manage} changepassword admin"
    password = secrets.token_urlsafe(9)
    User.objects.create_superuser("admin", "admin@example.com", password)
    return f"User admin, password {password}"
