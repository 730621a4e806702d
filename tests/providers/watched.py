"""Print all that Sentry would be sent of a site that sends SMS.

``python -m tests.providers.watched aliyun``: a process of its own, since Sentry changes
Django and Python's libraries for good.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import django
import requests
import sentry_sdk
from sentry_sdk.transport import Transport


class PrintingTransport(Transport):
    def capture_envelope(self, envelope: Any) -> None:
        print(envelope.serialize().decode())


def main(vendor: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    # With all integrations that it finds use for.
    sentry_sdk.init(
        dsn="http://key@sentry.invalid/1",
        transport=PrintingTransport,
        traces_sample_rate=1,
    )
    from django.test import override_settings

    from sms_verification.simulators.server import serve
    from sms_verification.simulators.simulator import simulator
    from tests.providers.test_quiet import send

    with (
        override_settings(SMS_VERIFICATION_SIMULATORS=True),
        serve() as server,
        sentry_sdk.start_transaction(name="a request of the host's"),
    ):
        send(vendor, simulator, server)
        requests.post(server.url, params={"seen": "yes"}, timeout=5)
        try:
            raise RuntimeError("an error of the host's")
        except RuntimeError:
            sentry_sdk.capture_exception()


if __name__ == "__main__":
    main(sys.argv[1])
