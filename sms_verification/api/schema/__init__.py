"""What drf-spectacular documents, for hosts that install it.

``apps`` imports this package then, and nothing else does. Names of components begin
with ``SmsVerification``, so that they never meet a host's own.
"""

from __future__ import annotations

from sms_verification.api.schema import scenarios, verifications  # noqa: F401
