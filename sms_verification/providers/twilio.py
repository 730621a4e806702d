from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_variables

from sms_verification.exceptions import DeliveryUnknown, InvalidPush, MessageRejected
from sms_verification.providers import network, sdk, twilio_receipts
from sms_verification.providers.base import Provider
from sms_verification.providers.text import host, text
from sms_verification.providers.twilio_codes import CODES
from sms_verification.types import (
    Purpose,
    Push,
    Reason,
    Receipt,
    SentMessage,
    SmsMessage,
)


class TwilioProvider(Provider):
    """Twilio's Programmable Messaging, for the world outside of mainland China.

    Sends from ``from_number`` or by ``messaging_service_sid``. Keys are the auth
    token, or an API key. With ``origin``, the last line of the SMS binds its code to
    that host. ``status_callback`` is the address for receipts that ``sms_doctor``
    shows. https://www.twilio.com/docs/messaging/api/message-resource
    """

    distribution = "twilio"
    extra = "twilio"
    takes_text = True
    push_answer_type = "text/plain"

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str | None = None,
        api_key: str | None = None,
        api_key_secret: str | None = None,
        from_number: str | None = None,
        messaging_service_sid: str | None = None,
        origin: str | None = None,
        status_callback: str | None = None,
        base_url: str | None = None,
    ) -> None:
        self.account_sid, self.auth_token = account_sid, auth_token
        self._login = _login(account_sid, auth_token, api_key, api_key_secret)
        self._fields = {
            "from_": from_number,
            "messaging_service_sid": messaging_service_sid,
            "status_callback": status_callback,
        }
        _check_fields(self._fields)
        if origin is not None:
            self.origin = host(origin)
        if base_url is not None:
            protocol, _, endpoint = base_url.rstrip("/").partition("://")
            self.url = sdk.address(protocol, endpoint)

    def prepare(self) -> None:
        self._client  # noqa: B018  # it is built and kept

    @sensitive_variables()
    def send(self, message: SmsMessage) -> SentMessage:
        fields = {**self._given(message), "body": text(message, self.origin)}
        sent = network.exchange(
            lambda: self._create(to=message.phone_number, **fields), _refusal
        )
        return _read(sent)

    def _create(self, **fields: Any) -> Any:
        http = self._client.http_client
        try:
            return self._client.messages.create(**fields)
        finally:
            # It keeps them for its own tests.
            http._test_only_last_request = None  # noqa: SLF001
            http._test_only_last_response = None  # noqa: SLF001

    def _given(self, message: SmsMessage) -> dict[str, str]:
        fields = {name: value for name, value in self._fields.items() if value}
        if callback := fields.get("status_callback"):
            url = twilio_receipts.callback_url(callback, message.delivery_id)
            fields["status_callback"] = url
        return fields

    def read_push(self, push: Push) -> Sequence[Receipt]:
        if self.auth_token is None:
            raise InvalidPush
        return twilio_receipts.read(push, self.auth_token)

    def findings(self, purposes: Sequence[Purpose]) -> Iterator[str]:
        if not self._fields["status_callback"]:
            yield gettext("Without status_callback no receipt comes.")
        elif self.auth_token is None:
            yield gettext("Receipts are signed by the auth_token: give it as well.")

    @cached_property
    def _client(self) -> Any:
        http = sdk.load(self, "twilio.http.http_client").TwilioHttpClient()
        # Its constructor takes one number for both.
        http.timeout = network.TIMEOUTS
        client = sdk.load(self, "twilio.rest").Client(
            *self._login, account_sid=self.account_sid, http_client=http
        )
        if self.url:
            client.api.base_url = self.url
        return client


def _login(
    account_sid: str,
    auth_token: str | None,
    api_key: str | None,
    api_key_secret: str | None,
) -> tuple[str, str]:
    if api_key and api_key_secret:
        name, key = api_key, api_key_secret
    elif auth_token:
        name, key = account_sid, auth_token
    else:
        raise ImproperlyConfigured(
            "OPTIONS: auth_token is needed, or api_key with api_key_secret."
        )
    sdk.check_key("account_sid", account_sid)
    sdk.check_key("auth_token or api_key_secret", key)
    return name, key


def _check_fields(fields: Mapping[str, str | None]) -> None:
    if (fields["from_"] is None) == (fields["messaging_service_sid"] is None):
        raise ImproperlyConfigured(
            "OPTIONS: give either from_number or messaging_service_sid."
        )
    # Our id is put there.
    if "?" in (fields["status_callback"] or ""):
        raise ImproperlyConfigured("OPTIONS: status_callback has no query.")


def _refusal(error: Exception) -> network.Failure | None:
    """Read the vendor's code from the SDK's exception, if the vendor answered at all."""
    status = getattr(error, "status", None)
    if not isinstance(status, int):
        return None
    code = str(getattr(error, "code", None) or status)
    if status >= 500:
        return None
    failure = CODES.failure(code)
    if isinstance(failure, DeliveryUnknown):
        # A request that is refused makes no message, whatever is wrong with it.
        return MessageRejected(Reason.CONFIGURATION, code)
    return failure


def _read(sent: Any) -> SentMessage:
    """Read the message that was made. A success without one accepts nothing."""
    if not sent.sid or not isinstance(sent.sid, str):
        raise DeliveryUnknown("answer")
    segments = str(sent.num_segments or "")
    parts = int(segments) if segments.isdecimal() and int(segments) else None
    return SentMessage(message_id=sent.sid, parts=parts)
