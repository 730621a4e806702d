from __future__ import annotations

import logging

from django.apps import AppConfig

from phone.vendor import receive
from sms_verification.simulators.messages import message_accepted


class PhoneConfig(AppConfig):
    name = "phone"

    def ready(self) -> None:
        # It asks for news all the time, which would bury what else the server says.
        logging.getLogger("django.server").addFilter(is_not_a_poll)
        message_accepted.connect(receive)


def is_not_a_poll(record: logging.LogRecord) -> bool:
    """Whether the development server's line is about anything but a look for news."""
    return "GET /phone/messages/ " not in record.getMessage()
