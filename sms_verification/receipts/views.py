"""Where vendors push receipts to. It only stores: Alibaba waits 700 ms."""

from __future__ import annotations

import logging

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import (
    sensitive_post_parameters,
    sensitive_variables,
)

from sms_verification import reports, settling, transactions
from sms_verification.conf import settings
from sms_verification.exceptions import InvalidPush
from sms_verification.providers.base import Provider
from sms_verification.receipts import paths
from sms_verification.registry import get_provider
from sms_verification.types import Push, Receipt

logger = logging.getLogger("sms_verification")

# Vendors batch by a hundred, and a receipt takes less than half a kilobyte.
LARGEST_BODY = 256 * 1024
MOST_RECEIPTS = 500


class Refused(Exception):
    """The push is not stored. ``status`` is what the vendor is told."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@csrf_exempt
@login_not_required
@transactions.outside
@sensitive_post_parameters()
@sensitive_variables()
def receive(request: HttpRequest, alias: str, secret: str) -> HttpResponse:
    reports.keep_safe(request)
    try:
        response = _store(request, alias, secret)
    except Refused as refusal:
        response = HttpResponse(status=refusal.status, content_type="text/plain")
        # Django would log the path, and with it the secret.
        response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
    return response


@sensitive_variables()
def _store(request: HttpRequest, alias: str, secret: str) -> HttpResponse:
    # Before the secret, so that the answer tells nothing of it.
    if request.method != "POST":
        raise Refused(405)
    # Both, always: that there is no such alias must take as long.
    if not paths.is_secret(alias, secret) & (alias in settings.PROVIDERS):
        raise Refused(404)
    push = Push(
        body=_body(request),
        headers={name.lower(): value for name, value in request.headers.items()},
        url=request.build_absolute_uri(),
    )
    provider, receipts = _read(alias, push)
    try:
        settling.settle(alias, receipts)
    except (DatabaseError, transactions.Contended) as error:
        # Its class alone. The vendor pushes again.
        logger.error("Receipts of %s are lost: %s.", alias, type(error).__name__)
        raise Refused(503) from None
    return HttpResponse(provider.push_answer, content_type=provider.push_answer_type)


@sensitive_variables()
def _body(request: HttpRequest) -> bytes:
    try:
        body = request.read(LARGEST_BODY + 1)
    except OSError:  # the vendor hung up
        raise Refused(400) from None
    if len(body) > LARGEST_BODY:
        raise Refused(413)
    return body


@sensitive_variables()
def _read(alias: str, push: Push) -> tuple[Provider, list[Receipt]]:
    try:
        provider = get_provider(alias)
        receipts = list(provider.read_push(push))
    except InvalidPush:
        logger.warning("What was pushed to %s is no receipt of its vendor's.", alias)
        raise Refused(400) from None
    except Exception as error:  # a provider may be anybody's
        # Its class alone: the text may hold what was pushed. The vendor pushes again.
        logger.error("Provider %s raised %s.", alias, type(error).__name__)
        raise Refused(503) from None
    if len(receipts) > MOST_RECEIPTS:
        raise Refused(413)
    return provider, receipts
