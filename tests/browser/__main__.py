"""Make the images of the README, in each of its languages.

python -m tests.browser           into docs/images
python -m tests.browser FOLDER    every page in every state, wide and narrow, light and
                                  dark, to be looked at
"""

from __future__ import annotations

import os
import sys

import django

if __name__ == "__main__":
    # What the pages say is looked up in the app's catalogues.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.browser.screenshots import main

    main(sys.argv[1:])
