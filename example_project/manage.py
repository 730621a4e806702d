#!/usr/bin/env python
from __future__ import annotations

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example.settings")
    # The history is made by the factories of the tests.
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent))
    execute_from_command_line(sys.argv)
