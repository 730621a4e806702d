from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.race.site.settings")

application = get_wsgi_application()

# Its receiver is to be there in every worker.
from tests.race.site import stuck  # noqa: E402, F401
