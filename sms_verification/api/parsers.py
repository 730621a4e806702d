from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.utils.http import parse_header_parameters
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

# The largest body that any of the routes can mean.
LARGEST_BODY = 16 * 1024

_CHARSETS = {"utf-8", "utf8"}


class SmallJSONParser(BaseParser):
    """JSON in UTF-8, of a sane size and depth, with no key twice.

    DRF's own reads the whole body first, and decodes it by whatever codec the
    request names.
    """

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        _check_charset(media_type or "")
        body = stream.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            raise ParseError("The body is too large.")
        try:
            return json.loads(
                body.decode(), object_pairs_hook=_without_twins, parse_constant=_refuse
            )
        except (ValueError, RecursionError):
            # Its text quotes the body, which may hold a code.
            raise ParseError("The body is not the JSON that is expected.") from None


def _check_charset(media_type: str) -> None:
    _, parameters = parse_header_parameters(media_type)
    if parameters.get("charset", "utf-8").lower() not in _CHARSETS:
        raise ParseError("JSON is written in UTF-8.")


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Whoever looks at a request on its way could have read the other value."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("A key is there twice.")
    return members


def _refuse(constant: str) -> NoReturn:
    """``NaN`` and ``Infinity`` are Python's, not JSON's."""
    raise ValueError(constant)
