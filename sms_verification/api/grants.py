"""What a user who was let in goes on with, as ``SMS_VERIFICATION_LOGIN_WITH`` says."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth import SESSION_KEY, login, update_session_auth_hash
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.http import HttpRequest
from django.utils.module_loading import import_string

from sms_verification import backends, transactions
from sms_verification.accounts import as_read
from sms_verification.conf import settings
from sms_verification.exceptions import InvalidCode
from sms_verification.models import database

__all__ = ["demand_csrf", "grant", "renew"]


def demand_csrf() -> bool:
    """Whether the answer may be a session, which needs no more than a cookie.

    A callable of the host's that answers with none is marked ``@csrf_exempt``.
    """
    kind = settings.LOGIN_WITH
    if kind in _TOKENS:
        return False
    return kind == "session" or not getattr(import_string(kind), "csrf_exempt", False)


def grant(request: HttpRequest, user: Any) -> dict[str, Any]:
    """Sign the user in, and return the answer."""
    answer: dict[str, Any] = {"user": {"id": user.pk}}
    if not user.is_active:  # a host may look at whoever registers first
        return answer
    if settings.LOGIN_WITH == "session":
        login(request, user, backend=getattr(user, "backend", None) or backends.path())
        return answer
    try:
        answer.update(transactions.retry(partial(_issue_as_read, request, user)))
    except transactions.Contended:
        raise InvalidCode from None
    # It is what last_login is written by, and a counter of failed logins reset.
    user_logged_in.send(sender=type(user), request=request, user=user)
    return answer


def renew(request: HttpRequest, user: Any) -> dict[str, Any]:
    """Keep the user in whose other sessions and tokens have just ended.

    A session that the request came with stays, whatever people are let in with.
    """
    # Of who came by a token, a browser's session may be somebody else's.
    own = user._meta.pk.value_to_string(user)  # noqa: SLF001  # as login() writes it
    if getattr(request, "session", {}).get(SESSION_KEY) == own:
        update_session_auth_hash(request, user)
    return {} if settings.LOGIN_WITH == "session" else _issue(request, user)


def _issue_as_read(request: HttpRequest, user: Any) -> dict[str, Any]:
    """Issue nothing to who has been shut out since the code was compared.

    A reset and a change of number end what there is, and set the password anew. A
    session ends with that by itself; a token that came a moment later would live.
    """
    with transaction.atomic(using=database()):
        # A write, by which a change that is under way is waited for, and waits.
        if not as_read(user).update(password=user.password):
            raise InvalidCode
        return _issue(request, user)


def _issue(request: HttpRequest, user: Any) -> dict[str, Any]:
    kind = settings.LOGIN_WITH
    issue: Callable[[HttpRequest, Any], dict[str, Any]] = _TOKENS.get(
        kind
    ) or import_string(kind)
    return issue(request, user)


def _token(_request: HttpRequest, user: Any) -> dict[str, Any]:
    from rest_framework.authtoken.models import Token  # noqa: PLC0415  # if installed

    token, _ = Token.objects.get_or_create(user=user)
    return {"token": token.key}


def _jwt(_request: HttpRequest, user: Any) -> dict[str, Any]:
    from rest_framework_simplejwt.tokens import RefreshToken  # noqa: PLC0415  # if installed

    refresh = RefreshToken.for_user(user)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


_TOKENS = {"token": _token, "jwt": _jwt}
