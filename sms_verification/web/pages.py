"""What every page of the app's does, whatever a subclass of it overrides."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings as django_settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import RedirectURLMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import (
    sensitive_post_parameters,
    sensitive_variables,
)
from django.views.generic import FormView

from sms_verification import reports, transactions
from sms_verification.web import csrf

__all__ = ["Page"]


def _keep_safe(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def kept_safe(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        reports.keep_safe(request)
        return view(request, *args, **kwargs)

    return kept_safe


# The last is the first to see a request.
_DECORATORS: list[Callable[[Any], Any]] = [
    # The same check as the middleware's, which the pages are exempt from: it answers
    # with the page, and not with an error that a person can do nothing about.
    csrf.checked,
    csrf_exempt,
    never_cache,
    transactions.outside,
    login_not_required,
    sensitive_variables(),
    sensitive_post_parameters(),
    _keep_safe,
]


class Page(RedirectURLMixin, FormView):  # type: ignore[type-arg]  # not at run time
    """A form of the app's, with what holds for all of them."""

    http_method_names = ["get", "head", "options", "post"]
    purpose: str
    # Is it of no use to who is signed in?
    ends_with_sign_in = False
    extra_context: dict[str, Any] | None = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Decorate the whole view: a subclass may override ``dispatch``."""
        view = super().as_view(**initkwargs)
        for decorate in _DECORATORS:
            view = decorate(view)
        return view

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        signed_in = self.ends_with_sign_in and request.user.is_authenticated
        if csrf.is_refused(request) and signed_in:
            # Most often another tab has signed in since, which changes the token.
            return HttpResponseRedirect(self.get_success_url())
        if elsewhere := self.elsewhere():
            return HttpResponseRedirect(elsewhere)
        return super().dispatch(request, *args, **kwargs)

    def elsewhere(self) -> str | None:
        """Return where the person belongs, if it is not here."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if csrf.is_refused(request):
            notice = _("This page was out of date. Please try again.")
            return self.tell(notice, status=403)
        return super().get(request, *args, **kwargs)

    def tell(self, notice: str, status: int = 200) -> HttpResponse:
        """Answer with the page as it is before anything is typed, and a notice."""
        kwargs = self.get_form_kwargs()
        empty = {k: v for k, v in kwargs.items() if k not in {"data", "files"}}
        context = self.get_context_data(
            form=self.get_form_class()(**empty), notice=notice
        )
        return self.render_to_response(context, status=status)

    def get_default_redirect_url(self) -> str:
        return resolve_url(self.next_page or django_settings.LOGIN_REDIRECT_URL)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **{
                "redirect_field_name": self.redirect_field_name,
                "next": self.get_redirect_url(),
                **(self.extra_context or {}),
                **kwargs,
            }
        )

    def with_next(self, to: Any) -> str:
        """Return the address of another step, with where the last one leads to."""
        url, after = resolve_url(to), self.get_redirect_url()
        if after:
            url += "?" + urlencode({self.redirect_field_name: after})
        return url
