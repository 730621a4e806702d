"""The vendors' own libraries, pointed at a simulator."""

from __future__ import annotations

import json
from typing import Any

from alibabacloud_dypnsapi20170525 import models as dypns
from alibabacloud_dypnsapi20170525.client import Client as DypnsClient
from alibabacloud_dysmsapi20170525 import models as dysms
from alibabacloud_dysmsapi20170525.client import Client as DysmsClient
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models as tencent
from tencentcloud.sms.v20210111.sms_client import SmsClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client as TwilioClient

ALICE = "13800138000"
ABROAD = "85251234567"
SID = "AC00000000000000000000000000000001"


def _config(host: str, config: dict[str, Any]) -> Config:
    return Config(
        **{
            "access_key_id": "simulated-key-id",
            "access_key_secret": "simulated-key-secret",
            "endpoint": host,
            "protocol": "http",
            **config,
        }
    )


def dysms_client(host: str, **config: Any) -> DysmsClient:
    return DysmsClient(_config(host, config))


def sms_request(**fields: Any) -> dysms.SendSmsRequest:
    return dysms.SendSmsRequest(
        **{
            "phone_numbers": ALICE,
            "sign_name": "模拟网站",
            "template_code": "SMS_100001",
            "template_param": '{"code": "123456"}',
            "out_id": "delivery-1",
            **fields,
        }
    )


def send_sms(client: DysmsClient, **fields: Any) -> Any:
    """Return the body of the answer."""
    runtime = RuntimeOptions(read_timeout=5000)
    return client.send_sms_with_options(sms_request(**fields), runtime).body


def aliyun_code(host: str, **fields: Any) -> str:
    """Send, and return the vendor's code, whether answered or raised."""
    try:
        return str(send_sms(dysms_client(host), **fields).code)
    except TeaException as error:
        return str(error.code)


def query_details(host: str, **fields: Any) -> Any:
    request = dysms.QuerySendDetailsRequest(
        **{
            "phone_number": ALICE,
            "send_date": "20260105",
            "page_size": 10,
            "current_page": 1,
            **fields,
        }
    )
    return dysms_client(host).query_send_details(request).body


def dypns_client(host: str, **config: Any) -> DypnsClient:
    return DypnsClient(_config(host, config))


def send_verify_code(host: str, **fields: Any) -> Any:
    request = dypns.SendSmsVerifyCodeRequest(
        **{
            "phone_number": ALICE,
            "sign_name": "模拟赠送签名",
            "template_code": "100001",
            "template_param": json.dumps({"code": "123456", "min": "5"}),
            "out_id": "delivery-1",
            **fields,
        }
    )
    return dypns_client(host).send_sms_verify_code(request).body


def tencent_client(
    host: str, secret_id: str = "", secret_key: str = "", **profile: Any
) -> SmsClient:
    credential = Credential(
        secret_id or "simulated-secret-id", secret_key or "simulated-secret-key"
    )
    timeout = profile.get("timeout", 5)
    http = HttpProfile(protocol="http", endpoint=host, reqTimeout=timeout)
    return SmsClient(
        credential,
        profile.get("region", "ap-guangzhou"),
        ClientProfile(httpProfile=http, signMethod="TC3-HMAC-SHA256"),
    )


def send_tencent(client: SmsClient, **fields: Any) -> Any:
    """Return the status of the one number."""
    request = tencent.SendSmsRequest()
    values = {
        "PhoneNumberSet": [f"+86{ALICE}"],
        "SmsSdkAppId": "1400000001",
        "SignName": "模拟网站",
        "TemplateId": "1000001",
        "TemplateParamSet": ["123456", "5"],
        "SessionContext": "delivery-1",
        **fields,
    }
    for name, value in values.items():
        setattr(request, name, value)
    return client.SendSms(request).SendStatusSet[0]


class _Loopback(TwilioHttpClient):
    """Asks a simulator where the library would ask Twilio."""

    def __init__(self, url: str) -> None:
        super().__init__(timeout=5)
        self.simulator = url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        url = url.replace("https://api.twilio.com", self.simulator)
        return super().request(method, url, *args, **kwargs)


def twilio_client(
    url: str, sid: str = SID, token: str = "simulated-auth-token"
) -> TwilioClient:
    return TwilioClient(sid, token, http_client=_Loopback(url))


def send_twilio(client: TwilioClient, **fields: Any) -> Any:
    return client.messages.create(
        **{
            "to": f"+{ABROAD}",
            "from_": "+15005550006",
            "body": "Your code is 123456.",
            **fields,
        }
    )
