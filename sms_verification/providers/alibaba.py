"""What Alibaba Cloud's two products for codes have in common: SDK, keys and errors."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_variables

from sms_verification.exceptions import MessageRejected
from sms_verification.providers import aliyun_receipts, network, sdk
from sms_verification.providers.alibaba_codes import CODES
from sms_verification.providers.base import Provider
from sms_verification.providers.templates import Templates
from sms_verification.types import (
    Purpose,
    Push,
    Reason,
    Receipt,
    SentMessage,
    SmsMessage,
)

# Not the SDK's own number, by which a host may use it for other products.
_CONNECTIONS = 32


class AlibabaProvider(Provider):
    """Base class. Without keys, the SDK's own chain looks for them.

    That chain reads the environment, the command line's profile and the role of the
    machine: https://help.aliyun.com/document_detail/378659.html
    """

    extra = "aliyun"
    max_code_length = 6

    push_answer = aliyun_receipts.ANSWER

    # The SDK's package, and the product's host.
    package: str
    host: str

    def __init__(
        self,
        *,
        templates: Mapping[str, Any],
        sign_name: str = "",
        international: Mapping[str, Any] | None = None,
        access_key_id: str | None = None,
        access_key_secret: str | None = None,
        security_token: str | None = None,
        endpoint: str | None = None,
        protocol: str = "https",
    ) -> None:
        if (access_key_id is None) != (access_key_secret is None):
            raise ImproperlyConfigured(
                "OPTIONS: access_key_id and access_key_secret go together."
            )
        self._keys = {
            "access_key_id": access_key_id,
            "access_key_secret": access_key_secret,
            "security_token": security_token,
        }
        for name, key in self._keys.items():
            sdk.check_key(name, key)
        self.templates = Templates(templates, sign_name, international)
        self.endpoint, self.protocol = endpoint or self.host, protocol
        self.url = sdk.address(protocol, self.endpoint)

    def prepare(self) -> None:
        self._client  # noqa: B018  # it is built and kept
        self._module("models")

    def findings(self, purposes: Sequence[Purpose]) -> Iterator[str]:
        if _prints_codes():
            yield gettext(
                "DEBUG=sdk in the environment makes the SDK print every code: nothing"
                " is sent until it is gone."
            )
        if not all(template.sign_name for template in self.templates):
            yield gettext("A template has no sign_name, and the vendor sends none so.")

    def read_push(self, push: Push) -> Sequence[Receipt]:
        return aliyun_receipts.read(push.body)

    def has_template(self, purpose: str, *, mainland: bool) -> bool:
        return self.templates.find(purpose, mainland=mainland) is not None

    def has_notice(self, notice: str, *, mainland: bool) -> bool:
        return self.templates.of_its_own(notice, mainland=mainland) is not None

    @sensitive_variables()
    def send(self, message: SmsMessage) -> SentMessage:
        answer = self._ask(lambda: self._send(message))
        return SentMessage(message_id=str(self._message_id(answer) or ""))

    @abstractmethod
    def _send(self, message: SmsMessage) -> Any:
        """Make the SDK's call and return its body."""

    @abstractmethod
    def _message_id(self, body: Any) -> Any:
        """Return the vendor's id of an SMS that it accepted."""

    def _ask(self, call: Callable[[], Any]) -> Any:
        """Return the body of an answer whose code is ``OK``."""
        body = network.exchange(call, _refusal)
        code = getattr(body, "code", None)
        if code != "OK":
            raise CODES.failure(code)
        return body

    @cached_property
    def _client(self) -> Any:
        if _prints_codes():
            raise ImproperlyConfigured(
                "DEBUG=sdk makes Alibaba Cloud's SDK print every code and the key."
            )
        timeouts = [int(seconds * 1000) for seconds in network.TIMEOUTS]
        config = import_module("alibabacloud_tea_openapi.utils_models").Config(
            **self._credentials(),
            endpoint=self.endpoint,
            protocol=self.protocol,
            connect_timeout=timeouts[0],
            read_timeout=timeouts[1],
            max_idle_conns=_CONNECTIONS,
        )
        _stay_on(self.url)
        return self._module("client").Client(config)

    def _credentials(self) -> dict[str, Any]:
        if self._keys["access_key_id"] is not None:
            return self._keys
        return {"credential": import_module("alibabacloud_credentials.client").Client()}

    def _module(self, name: str) -> Any:
        module = sdk.load(self, f"{self.package}.{name}")
        _forget_connections_after_fork()
        return module


def _refusal(error: Exception) -> network.Failure | None:
    """Read the vendor's code from the SDK's exception, if the vendor answered at all."""
    names = [type(cause).__name__ for cause in network.causes(error)]
    if "CredentialException" in names:
        return MessageRejected(Reason.CREDENTIALS, "no_credentials")
    code = getattr(error, "code", None)
    answered = getattr(error, "status_code", None) is not None
    return CODES.failure(code) if answered or code else None


def _stay_on(url: str) -> None:
    """Have no redirect followed: it would take the code to another address.

    The SDK keeps a session for each address and number of connections, and has no
    option for this. So it gets its session here.
    """
    _core()._get_session(  # noqa: SLF001
        session_key=f"{url}:80:pool={_CONNECTIONS}",
        protocol=url.partition(":")[0],
        pool_size=_CONNECTIONS,
    ).max_redirects = 0


def _core() -> Any:
    return import_module("darabonba.core").DaraCore


def _prints_codes() -> bool:
    return os.environ.get("DEBUG", "").lower() == "sdk"


def _forget_connections_after_fork() -> None:
    """A child that went on with its parent's sockets would read the parent's answers.

    The SDK keeps them in the class, for the whole process.
    """
    core = _core()
    if not hasattr(core, "_sms_verification_forks"):
        core._sms_verification_forks = True  # noqa: SLF001  # once a process
        os.register_at_fork(after_in_child=core._sessions.clear)  # noqa: SLF001
