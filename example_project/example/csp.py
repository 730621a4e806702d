"""A strict Content-Security-Policy, which the app's pages and admin live with."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = "default-src 'self'"

# Swagger UI is begun by a script inside its page.
EXEMPT = {"api"}

View = Callable[[HttpRequest], HttpResponse]


def content_security_policy(get_response: View) -> View:
    """Send the policy with every answer but those of the exempt views."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        match = request.resolver_match
        if match is None or match.view_name not in EXEMPT:
            response["Content-Security-Policy"] = POLICY
        return response

    return middleware
