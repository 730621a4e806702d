"""The least honest work: one statement a request, raw SQL through a DRF view.

It holds a cooldown and counts and consumes a code. It keeps codes in clear, knows
no windows, records no delivery, and sends nothing: what it leaves out is what the
ratio pays for.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth import get_user_model, login
from django.db import connection
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

TABLE = """
CREATE TABLE floor (
    number varchar(16) PRIMARY KEY,
    code varchar(6) NOT NULL,
    checks smallint NOT NULL,
    sent_at timestamptz NOT NULL
)
"""

START = """
INSERT INTO floor (number, code, checks, sent_at) VALUES (%s, %s, 0, now())
ON CONFLICT (number) DO UPDATE
SET code = excluded.code, checks = 0, sent_at = excluded.sent_at
WHERE floor.sent_at < now() - interval '60 seconds'
RETURNING number
"""

CHECK = """
UPDATE floor
SET checks = CASE WHEN code = %s THEN 100 ELSE checks + 1 END
WHERE number = %s AND checks < 5 AND sent_at > now() - interval '5 minutes'
RETURNING checks
"""


def run(sql: str, parameters: list[Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


class FloorView(APIView):
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer]
    permission_classes: list[Any] = []


class StartView(FloorView):
    def post(self, request: Request) -> Response:
        code = f"{secrets.randbelow(10**6):06}"
        row = run(START, [request.data["phone_number"], code])
        return Response({}, status=201 if row else 429)


class CheckView(FloorView):
    def post(self, request: Request) -> Response:
        row = run(CHECK, [request.data["code"], request.data["phone_number"]])
        return Response({}, status=200 if row == (100,) else 400)


class LoginView(FloorView):
    def post(self, request: Request) -> Response:
        row = run(CHECK, [request.data["code"], request.data["phone_number"]])
        if row != (100,):
            return Response({}, status=400)
        user = get_user_model().objects.get(pk=request.data["user"])
        login(
            request._request,
            user,
            backend="sms_verification.backends.PhoneCodeBackend",
        )
        return Response({"user": {"id": user.pk}})
