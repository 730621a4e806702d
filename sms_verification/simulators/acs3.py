"""ACS3-HMAC-SHA256, by which Alibaba Cloud's requests are signed.

As help.aliyun.com/document_detail/2593177 describes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac
from urllib.parse import parse_qsl, quote

from sms_verification.simulators.answers import Refused

__all__ = ["Credentials", "canonical_request", "read", "sign", "verify"]

WINDOW = timedelta(minutes=15)

# Without the nonce a request could be sent again, without the date much later.
_REQUIRED = {"host", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"}

_AUTHORIZATION = re.compile(
    r"ACS3-HMAC-SHA256 Credential=(?P<key_id>[^,]+),"
    r"SignedHeaders=(?P<headers>[a-z0-9;-]+),Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Credentials:
    """What an ``Authorization`` header says."""

    key_id: str
    signed_headers: list[str]
    signature: str


def canonical_query(query: str) -> str:
    """Return a query with its parameters decoded, sorted and encoded anew."""
    encoded = [
        f"{quote(name, safe='~')}={quote(value, safe='~')}"
        for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    return "&".join(sorted(encoded))


def canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> str:
    """Return what is signed. ``headers`` are those that are signed, and no others."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    lines = [f"{name}:{lower[name]}\n" for name in sorted(lower)]
    return "\n".join(
        [
            method,
            quote(path, safe="/~"),
            canonical_query(query),
            "".join(lines),
            ";".join(sorted(lower)),
            sha256(body).hexdigest(),
        ]
    )


def sign(secret: str, canonical: str) -> str:
    """Return the signature of a canonical request, in hexadecimal digits."""
    to_sign = f"ACS3-HMAC-SHA256\n{sha256(canonical.encode()).hexdigest()}"
    return hmac(secret.encode(), to_sign.encode(), "sha256").hex()


def read(authorization: str) -> Credentials:
    """Return what an ``Authorization`` header says. Raise ``Refused``."""
    match = _AUTHORIZATION.fullmatch(authorization)
    if match is None:
        raise Refused("IncompleteSignature", "The Authorization header is no ACS3 one.")
    return Credentials(match["key_id"], match["headers"].split(";"), match["signature"])


def verify(  # noqa: PLR0913  # a request has these parts
    secret: str,
    *,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> None:
    """Raise ``Refused`` unless the request is signed with the secret, and lately.

    The names of ``headers`` are in lower case. A nonce used twice is the caller's
    to notice.
    """
    credentials = read(headers.get("authorization", ""))
    must = {name for name in headers if name.startswith("x-acs-")} | _REQUIRED
    signed = set(credentials.signed_headers)
    if not must <= signed <= headers.keys():
        raise Refused("IncompleteSignature", "A header that must be signed is not.")
    canonical = canonical_request(
        method, path, query, {name: headers[name] for name in signed}, body
    )
    right = sign(secret, canonical)
    hashed = headers["x-acs-content-sha256"]
    if not compare_digest(right, credentials.signature) or not compare_digest(
        hashed.encode(), sha256(body).hexdigest().encode()
    ):
        raise Refused(
            "SignatureDoesNotMatch",
            "Specified signature is not matched with our calculation.",
        )
    _check_date(headers["x-acs-date"], now)


def _check_date(date: str, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refused("InvalidTimeStamp.Format", "x-acs-date is no date.") from None
    if abs(now - signed_at) > WINDOW:
        raise Refused("InvalidTimeStamp.Expired", "x-acs-date is over 15 minutes off.")
