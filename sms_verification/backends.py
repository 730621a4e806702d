from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables

from sms_verification import clients, logins, phone_numbers, storage
from sms_verification.conf import settings
from sms_verification.exceptions import InvalidCode, VerificationError
from sms_verification.types import Evidence

__all__ = ["PhoneCodeBackend", "counted_as_login", "path", "refusal", "tell_failed"]

# What Django shows in place of a credential.
CLEANSED = "********************"

# The attribute of a request that tells a view why nobody was authenticated.
REFUSAL = "sms_verification_refusal"


class PhoneCodeBackend(ModelBackend):
    """Logs in whoever proves control of an account's phone number.

    ``authenticate(request, phone_number=…, secret_code=…)`` returns the user or
    ``None``. Credentials that begin with ``secret`` are masked by Django in the
    ``user_login_failed`` signal. ``secret_password`` is for an account that has lain
    idle. ``stepped_up`` is for a view that has asked for the second factor: the key of
    the user whose it was, found by ``logins.whose(proof)``.
    """

    @sensitive_variables()
    def authenticate(  # type: ignore[override]  # noqa: PLR0913  # Django passes what the signature takes
        self,
        request: HttpRequest | None,
        phone_number: str | None = None,
        secret_code: str | None = None,
        verification_id: UUID | str | None = None,
        secret_proof: str | None = None,
        secret_password: str = "",
        *,
        stepped_up: Any = None,
    ) -> AbstractBaseUser | None:
        if secret_code is None and secret_proof is None:
            return None
        more: Any = {"password": secret_password, "stepped_up": stepped_up}
        try:
            if secret_proof is not None:
                user = logins.by_proof(_text(secret_proof), **more)
            else:
                found = _which(request, phone_number, verification_id)
                client = clients.from_request(request) if request else None
                user = logins.by_code(found, _text(secret_code), client, **more)
            if not self.user_can_authenticate(cast("Any", user)):
                raise InvalidCode
        except VerificationError as error:
            _remember(request, error)
            return None
        return user

    @sensitive_variables()
    async def aauthenticate(  # type: ignore[override]  # as above
        self, request: HttpRequest | None, **credentials: Any
    ) -> AbstractBaseUser | None:
        # Not as arguments of sync_to_async: an error report shows those it was given.
        @sensitive_variables()
        def authenticate() -> AbstractBaseUser | None:
            return self.authenticate(request, **credentials)

        return await sync_to_async(authenticate)()


def path() -> str:
    """Return under which name the host has installed the backend, or a subclass."""
    for name in django_settings.AUTHENTICATION_BACKENDS:
        if issubclass(import_string(name), PhoneCodeBackend):
            return name
    return f"{__name__}.{PhoneCodeBackend.__name__}"


def refusal(request: HttpRequest) -> VerificationError:
    """Return why ``authenticate`` has just returned ``None`` for this request."""
    return getattr(request, REFUSAL, None) or InvalidCode()


def tell_failed(request: HttpRequest, **credentials: Any) -> None:
    """Tell whoever counts failed logins of a wrong code that no ``authenticate`` saw."""
    user_login_failed.send(
        sender=__name__,
        credentials={**credentials, "secret_code": CLEANSED},
        request=request,
    )


@contextmanager
def counted_as_login(request: HttpRequest, evidence: Evidence) -> Iterator[None]:
    """Tell of a wrong code that a right one in its place would have signed in by.

    Who proves a number to register, and has an account, goes on into that.
    """
    try:
        yield
    except InvalidCode:
        if not evidence.proof and evidence.verification_id:
            tell_failed(request, verification_id=evidence.verification_id)
        raise


def _remember(request: HttpRequest | None, error: VerificationError) -> None:
    if request is not None:
        setattr(request, REFUSAL, error)


def _text(credential: object) -> str:
    """A form or JSON can bring anything: ``123456`` is not ``"123456"``."""
    if not isinstance(credential, str):
        raise InvalidCode
    return credential


def _which(
    request: HttpRequest | None,
    phone_number: str | None,
    verification_id: UUID | str | None,
) -> UUID:
    """Return the verification that is meant: the one named, or the session's.

    Only a caller with no request at all may leave it at the number. Over HTTP a
    stranger who knows a number could otherwise use up its owner's checks.
    """
    if verification_id is None and request is not None:
        verification_id = clients.held(request, logins.PURPOSE)
    try:
        meant = UUID(str(verification_id)) if verification_id is not None else None
    except ValueError:
        raise InvalidCode from None
    if phone_number is not None:
        number = phone_numbers.parse(_text(phone_number), settings.DEFAULT_REGION)
        meant = _of_number(number, meant, guess=request is None)
    if meant is None:
        raise InvalidCode
    return meant


def _of_number(number: str, meant: UUID | None, *, guess: bool) -> UUID | None:
    if meant is None and guess:
        found = storage.latest_pending(number, logins.PURPOSE, timezone.now())
    else:
        found = storage.find(meant) if meant is not None else None
    return found.pk if found and found.phone_number.number == number else None
