from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

# The largest body that any of the routes can mean.
LARGEST_BODY = 16 * 1024


class SmallJSONParser(JSONParser):
    """JSON of a sane size and depth. What is not gets the 400 of bad JSON."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            raise ParseError("The body is too large.")
        try:
            return super().parse(io.BytesIO(body), media_type, parser_context)
        except (RecursionError, LookupError):
            # Nested a thousand deep, or in a charset that does not exist.
            raise ParseError("The body is not the JSON that is expected.") from None
