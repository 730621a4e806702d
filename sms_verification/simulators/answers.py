"""What a vendor's server answers: an ``Answer``, or a refusal that becomes one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse


@dataclass(frozen=True)
class Answer:
    """A status and a value that is sent as JSON."""

    data: Any
    content_type: str
    status: int = 200

    @property
    def body(self) -> bytes:
        return json.dumps(self.data, ensure_ascii=False).encode()

    def response(self) -> HttpResponse:
        return HttpResponse(
            self.body, status=self.status, content_type=self.content_type
        )


class Refused(Exception):
    """The vendor does not accept a request. The code is the vendor's own."""

    def __init__(self, code: str, text: str = "", status: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.text = text or code
        self.status = status
