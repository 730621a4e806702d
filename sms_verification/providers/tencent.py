from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_variables

from sms_verification.exceptions import DeliveryUnknown, MessageRejected
from sms_verification.providers import network, sdk, tencent_receipts
from sms_verification.providers.base import Provider
from sms_verification.providers.pushes import CHINA
from sms_verification.providers.templates import Templates
from sms_verification.providers.tencent_codes import CODES
from sms_verification.types import (
    Purpose,
    Push,
    Reason,
    Receipt,
    SentMessage,
    SmsMessage,
)

# What the SDK says of an exchange that brought no answer to be read.
_NO_ANSWER = {"ClientNetworkError", "ServerNetworkError", "JSONDecodeError"}


class TencentProvider(Provider):
    """Tencent Cloud's SMS service, 腾讯云短信: SendSms of 2021-01-11.

    Variables of a template go by their position: list ``code`` and ``minutes`` as
    the template has them. Without keys, the environment and the
    SDK's profile are looked at, and with ``role`` the role of the machine.
    https://cloud.tencent.com/document/api/382/55981
    """

    distribution = "tencentcloud-sdk-python-sms"
    extra = "tencent"
    max_code_length = 6
    push_answer = tencent_receipts.ANSWER

    def __init__(
        self,
        *,
        sdk_app_id: str,
        templates: Mapping[str, Any],
        sign_name: str = "",
        international: Mapping[str, Any] | None = None,
        secret_id: str | None = None,
        secret_key: str | None = None,
        token: str | None = None,
        role: bool = False,
        region: str = "ap-guangzhou",
        endpoint: str = "sms.tencentcloudapi.com",
        protocol: str = "https",
    ) -> None:
        if (secret_id is None) != (secret_key is None):
            raise ImproperlyConfigured("OPTIONS: secret_id and secret_key go together.")
        for name, key in (("secret_id", secret_id), ("secret_key", secret_key)):
            sdk.check_key(name, key)
        self.sdk_app_id = sdk_app_id
        self.templates = Templates(templates, sign_name, international)
        self.region, self.endpoint, self.protocol = region, endpoint, protocol
        self.url = sdk.address(protocol, endpoint)
        self._keys = (secret_id, secret_key, token)
        self._role = role

    def prepare(self) -> None:
        sdk.load(self, "tencentcloud.sms.v20210111.sms_client")
        if not self._role:  # or it would ask the machine over the network
            self._client  # noqa: B018  # it is built and kept

    def has_template(self, purpose: str, *, mainland: bool) -> bool:
        return self.templates.find(purpose, mainland=mainland) is not None

    def has_notice(self, notice: str, *, mainland: bool) -> bool:
        return self.templates.of_its_own(notice, mainland=mainland) is not None

    @sensitive_variables()
    def send(self, message: SmsMessage) -> SentMessage:
        template = self.templates.of(message)
        request = sdk.load(self, "tencentcloud.sms.v20210111.models").SendSmsRequest()
        request.SmsSdkAppId = self.sdk_app_id
        request.SignName = template.sign_name
        request.TemplateId = template.id
        request.TemplateParamSet = list(template.fill(message).values())
        request.PhoneNumberSet = [message.phone_number]
        request.SessionContext = message.delivery_id
        client = self._client
        return _read(network.exchange(lambda: client.SendSms(request), _refusal))

    def read_push(self, push: Push) -> Sequence[Receipt]:
        return tencent_receipts.read(push.body)

    @sensitive_variables()
    def ask_receipts(
        self,
        phone_number: str,
        message_id: str,  # the vendor is asked by number alone
        day: date,
    ) -> Sequence[Receipt]:
        begin = datetime.combine(day, time(), CHINA)
        models = sdk.load(self, "tencentcloud.sms.v20210111.models")
        request = models.PullSmsSendStatusByPhoneNumberRequest()
        request.SmsSdkAppId, request.PhoneNumber = self.sdk_app_id, phone_number
        request.BeginTime = int(begin.timestamp())
        request.EndTime = int((begin + timedelta(days=1)).timestamp())
        request.Offset, request.Limit = 0, 100
        client = self._client
        answer = network.exchange(
            lambda: client.PullSmsSendStatusByPhoneNumber(request), _refusal
        )
        found = answer.PullSmsSendStatusSet or []
        statuses = [json.loads(status.to_json_string()) for status in found]
        return tencent_receipts.read_statuses(statuses)

    def findings(self, purposes: Sequence[Purpose]) -> Iterator[str]:
        yield gettext(
            "Tencent Cloud may send a number two messages a day until its console says"
            " more: allow as many as SMS_VERIFICATION_PHONE_NUMBER_LIMITS does."
        )

    @cached_property
    def _client(self) -> Any:
        """Raise ``MessageRejected`` without credentials: nothing has been sent."""
        return network.exchange(self._connect, _without_credentials)

    def _connect(self) -> Any:
        profiles = "tencentcloud.common.profile"
        http = sdk.load(self, f"{profiles}.http_profile").HttpProfile(
            protocol=self.protocol, endpoint=self.endpoint, reqTimeout=network.TIMEOUTS
        )
        profile = sdk.load(self, f"{profiles}.client_profile").ClientProfile(
            httpProfile=http, language="en-US"
        )
        module = sdk.load(self, "tencentcloud.sms.v20210111.sms_client")
        client = module.SmsClient(self._credential(), self.region, profile)
        # A redirect would take the code to another address, and there is no option.
        client.request.conn._session.max_redirects = 0  # noqa: SLF001
        return client

    def _credential(self) -> Any:
        credential = sdk.load(self, "tencentcloud.common.credential")
        if self._keys[0] is not None:
            return credential.Credential(*self._keys)
        role = ["CVMRoleCredential"] if self._role else []
        for source in ("EnvironmentVariableCredential", "ProfileCredential", *role):
            if found := getattr(credential, source)().get_credential():
                return found
        raise MessageRejected(Reason.CREDENTIALS, "no_credentials")


def _without_credentials(error: Exception) -> network.Failure:  # noqa: ARG001
    return MessageRejected(Reason.CREDENTIALS, "no_credentials")


def _refusal(error: Exception) -> network.Failure | None:
    """Read the vendor's code from the SDK's exception, if the vendor answered at all."""
    code = getattr(error, "code", None)
    # Only what the vendor answers has the id of a request.
    if code in _NO_ANSWER or not getattr(error, "requestId", None):
        return None
    return CODES.failure(code)


def _read(answer: Any) -> SentMessage:
    """Read the one element of the answer. A code of 200 alone accepts nothing."""
    statuses = getattr(answer, "SendStatusSet", None)
    status = statuses[0] if isinstance(statuses, list) and statuses else None
    if status is None:
        raise DeliveryUnknown("answer")
    if status.Code != "Ok":
        raise CODES.failure(status.Code)
    return SentMessage(message_id=str(status.SerialNo or ""), parts=status.Fee)
