"""TC3-HMAC-SHA256, by which Tencent Cloud's requests are signed.

As cloud.tencent.com/document/api/382/52072 describes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac

from sms_verification.simulators.answers import Refused

__all__ = ["Credentials", "canonical_request", "read", "sign", "verify"]

WINDOW = 300  # seconds

_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=(?P<key_id>[^/, ]+)/(?P<date>\d{4}-\d\d-\d\d)/"
    r"(?P<service>[a-z0-9]+)/tc3_request, ?SignedHeaders=(?P<headers>[a-z0-9;-]+), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})",
    re.ASCII,
)


@dataclass(frozen=True)
class Credentials:
    """What an ``Authorization`` header says."""

    key_id: str
    date: str
    service: str
    signed_headers: list[str]
    signature: str


def canonical_request(headers: Mapping[str, str], body: bytes) -> str:
    """Return what is signed. ``headers`` are those that are signed, and no others."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    lines = [f"{name}:{lower[name]}\n" for name in sorted(lower)]
    return "\n".join(
        [
            "POST",
            "/",
            "",
            "".join(lines),
            ";".join(sorted(lower)),
            sha256(body).hexdigest(),
        ]
    )


def sign(secret: str, service: str, timestamp: int, canonical: str) -> str:
    """Return the signature of a canonical request, in hexadecimal digits."""
    date = datetime.fromtimestamp(timestamp, UTC).date().isoformat()
    key = f"TC3{secret}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac(key, part.encode(), "sha256")
    hashed = sha256(canonical.encode()).hexdigest()
    to_sign = f"TC3-HMAC-SHA256\n{timestamp}\n{date}/{service}/tc3_request\n{hashed}"
    return hmac(key, to_sign.encode(), "sha256").hex()


def read(authorization: str) -> Credentials:
    """Return what an ``Authorization`` header says. Raise ``Refused``."""
    match = _AUTHORIZATION.fullmatch(authorization)
    if match is None:
        raise Refused("AuthFailure.InvalidAuthorization", "It is no TC3 header.")
    return Credentials(
        key_id=match["key_id"],
        date=match["date"],
        service=match["service"],
        signed_headers=match["headers"].split(";"),
        signature=match["signature"],
    )


def verify(
    secret: str,
    *,
    service: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> None:
    """Raise ``Refused`` unless the request is signed with the secret, and lately.

    The names of ``headers`` are in lower case.
    """
    credentials = read(headers.get("authorization", ""))
    signed = set(credentials.signed_headers)
    if not {"content-type", "host"} <= signed <= headers.keys():
        raise Refused("AuthFailure.InvalidAuthorization", "SignedHeaders lack one.")
    timestamp = _timestamp(headers.get("x-tc-timestamp", ""), now)
    canonical = canonical_request({name: headers[name] for name in signed}, body)
    right = sign(secret, service, timestamp, canonical)
    date = datetime.fromtimestamp(timestamp, UTC).date().isoformat()
    if (credentials.date, credentials.service) != (date, service) or not compare_digest(
        right, credentials.signature
    ):
        raise Refused(
            "AuthFailure.SignatureFailure",
            "The provided credentials could not be validated.",
        )


def _timestamp(text: str, now: datetime) -> int:
    if not re.fullmatch(r"\d{1,12}", text, re.ASCII):
        raise Refused("MissingParameter", "X-TC-Timestamp is missing or no time.")
    if abs(now.timestamp() - int(text)) > WINDOW:
        raise Refused(
            "AuthFailure.SignatureExpire", "The timestamp is over 5 minutes off."
        )
    return int(text)
