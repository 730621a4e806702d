"""The API's own OpenAPI schema, and a client whose every answer is held against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import schemathesis
import werkzeug
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from schemathesis.checks import not_a_server_error
from schemathesis.core import NOT_SET
from schemathesis.specs.openapi.checks import positive_data_acceptance

# A made-up code is a valid body and gets a 400 all the same.
EXCLUDED = [positive_data_acceptance]

_site = get_wsgi_application()

CSRF_TOKEN = "0123456789abcdef0123456789abcdef"


def load() -> Any:
    raw = SchemaGenerator().get_schema(public=True)
    schema = schemathesis.openapi.from_dict(raw, config=schemathesis.Config())
    schema.app = _application
    return schema.include(path_regex="^/sms/")


def _application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
    with _connection_kept():
        response = _site(environ, start_response)
        body = b"".join(response)
        response.close()
    return [body]


@contextmanager
def _connection_kept() -> Iterator[None]:
    """Do as Django's test client: a request ends with the connection, and so with
    the transaction of the test around it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


class DocumentedClient:
    """Keeps cookies, and fails at an answer that the schema does not foresee."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self.browser = werkzeug.Client(schema.app)

    def start(self, phone_number: Any, purpose: Any = "register", **how: Any) -> Any:
        body = {"phone_number": phone_number, "purpose": purpose}
        return self.post("/sms/verifications/", body=body, **how)

    def status(self, pk: str, **how: Any) -> Any:
        return self.call("GET", "/sms/verifications/{id}/", pk, **how)

    def resend(self, pk: str, **how: Any) -> Any:
        return self.post("/sms/verifications/{id}/resend/", pk, **how)

    def check(self, pk: str, code: Any, **how: Any) -> Any:
        body = {"code": code}
        return self.post("/sms/verifications/{id}/check/", pk, body=body, **how)

    def login(self, **body: Any) -> Any:
        return self.post("/sms/login/", body=body)

    def post(self, path: str, pk: str | None = None, **how: Any) -> Any:
        return self.call("POST", path, pk, **how)

    def call(
        self,
        method: str,
        path: str,
        pk: str | None = None,
        *,
        csrf_token: str = CSRF_TOKEN,
        headers: dict[str, str] | None = None,
        body: Any = NOT_SET,
        **raw: Any,
    ) -> Any:
        path_parameters = {} if pk is None else {"id": pk}
        operation = self.schema[path][method]
        case = operation.Case(path_parameters=path_parameters, body=body)
        return case.call_and_validate(
            **raw,
            session=self.browser,
            headers={"X-CSRFToken": csrf_token, **(headers or {})},
            cookies={"csrftoken": CSRF_TOKEN},
            # A 503 is documented, a 500 is not.
            excluded_checks=[*EXCLUDED, not_a_server_error],
        )
