"""What a broken exchange means: for the SDKs that send by requests."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.views.decorators.debug import sensitive_variables

from sms_verification.exceptions import DeliveryUnknown, MessageRejected
from sms_verification.providers.quiet import quiet
from sms_verification.types import Reason

Failure = MessageRejected | DeliveryUnknown

Answer = TypeVar("Answer")

TIMEOUTS = (2.0, 5.0)
"""Seconds to connect, and to wait for each part of the answer."""


@sensitive_variables()
def exchange(
    call: Callable[[], Answer], refusal: Callable[[Exception], Failure | None]
) -> Answer:
    """Return what an SDK's call returns. Raise ``MessageRejected``, ``DeliveryUnknown``.

    ``refusal`` reads the vendor's answer from the SDK's exception, or finds none. What
    SDKs raise carries the request, so ours is raised outside of the handler: nothing
    leads from it to theirs.
    """
    # A host may be sending because something else of its own has failed.
    handled = sys.exc_info()[1]
    try:
        with quiet():
            return call()
    except (MessageRejected, ImproperlyConfigured):
        raise
    except Exception as error:  # the SDK's, its libraries' and whatever they let by
        _part(error, handled)
        failure = refusal(error) or broken(error)
    raise failure


def broken(error: Exception) -> Failure:
    """Return what an exchange without an answer means.

    Only where no connection was made is it certain that the SMS has not left. An error
    of a proxy's is none of that kind: urllib3 raises it for a tunnel that broke later too.
    """
    # An SDK has imported them: the app alone does without.
    from requests import exceptions as requests  # noqa: PLC0415
    from urllib3 import exceptions as urllib3  # noqa: PLC0415

    unconnected = (
        requests.ConnectTimeout,
        urllib3.ConnectTimeoutError,
        urllib3.NewConnectionError,
        ssl.SSLCertVerificationError,
    )
    late = (requests.ReadTimeout, urllib3.ReadTimeoutError)
    found = list(causes(error))
    if any(isinstance(cause, unconnected) for cause in found):
        return MessageRejected(Reason.UNAVAILABLE, "connection")
    if any(isinstance(cause, late) for cause in found):
        return DeliveryUnknown("timeout")
    return DeliveryUnknown("network")


def _part(error: BaseException, handled: BaseException | None) -> None:
    """Cut off what was being handled before, or it would count among the causes."""
    for cause in causes(error):
        if handled is not None and cause.__context__ is handled:
            cause.__context__ = None


def causes(error: BaseException) -> Iterator[BaseException]:
    """Tell the error and all beneath it: SDKs and their libraries keep causes anywhere."""
    seen: list[BaseException] = []
    beneath: list[object] = [error]
    while beneath:
        cause = beneath.pop()
        if not isinstance(cause, BaseException) or any(cause is one for one in seen):
            continue
        seen.append(cause)
        yield cause
        beneath += [cause.__cause__, cause.__context__, *cause.args]
        beneath += [
            getattr(cause, name, None) for name in ("inner_exception", "reason")
        ]
