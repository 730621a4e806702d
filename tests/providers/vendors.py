"""The vendors' providers, as a host sets them up, before the simulated vendors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sms_verification.providers.aliyun import AliyunProvider
from sms_verification.providers.aliyun_pnvs import AliyunPnvsProvider
from sms_verification.providers.base import Provider
from sms_verification.providers.tencent import TencentProvider
from sms_verification.providers.twilio import TwilioProvider
from sms_verification.simulators.server import Server
from sms_verification.types import SmsMessage

CODE = "314159"
NUMBER = "13800138000"
SECRETS = [
    "simulated-key-secret",
    "simulated-secret-key",
    "simulated-auth-token",
]

_KEYS = {
    "access_key_id": "simulated-key-id",
    "access_key_secret": "simulated-key-secret",
    "protocol": "http",
}
_ALIYUN: dict[str, Any] = {
    **_KEYS,
    "sign_name": "模拟网站",
    "templates": {"default": "SMS_100001"},
    "international": {
        "templates": {"default": "SMS_100002"},
        "sign_name": "模拟网站",
    },
}
_PNVS: dict[str, Any] = {
    **_KEYS,
    "sign_name": "模拟赠送签名",
    "templates": {
        "default": {"id": "100001", "variables": {"code": "code", "min": "minutes"}}
    },
}
_TENCENT: dict[str, Any] = {
    "secret_id": "simulated-secret-id",
    "secret_key": "simulated-secret-key",
    "sdk_app_id": "1400000001",
    "sign_name": "模拟网站",
    "templates": {"default": {"id": "1000001", "variables": ["code", "minutes"]}},
    "international": {
        "templates": {"default": {"id": "1000002", "variables": ["code", "minutes"]}}
    },
    "protocol": "http",
}
_TWILIO: dict[str, Any] = {
    "account_sid": "AC00000000000000000000000000000001",
    "auth_token": "simulated-auth-token",
    "from_number": "+15005550006",
}

OPTIONS = {
    "aliyun": _ALIYUN,
    "dypns": _PNVS,
    "tencent": _TENCENT,
    "twilio": _TWILIO,
}


def aliyun(host: str, **changes: Any) -> AliyunProvider:
    return AliyunProvider(**{**_ALIYUN, "endpoint": host, **changes})


def aliyun_pnvs(host: str, **changes: Any) -> AliyunPnvsProvider:
    return AliyunPnvsProvider(**{**_PNVS, "endpoint": host, **changes})


def tencent(host: str, **changes: Any) -> TencentProvider:
    return TencentProvider(**{**_TENCENT, "endpoint": host, **changes})


def twilio(host: str, **changes: Any) -> TwilioProvider:
    return TwilioProvider(**{**_TWILIO, "base_url": f"http://{host}", **changes})


VENDORS: dict[str, Callable[..., Provider]] = {
    "aliyun": aliyun,
    "dypns": aliyun_pnvs,
    "tencent": tencent,
    "twilio": twilio,
}


def make(name: str, server: Server) -> Provider:
    """Return the provider whose vendor has this name among the simulated ones."""
    return VENDORS[name](server.host)


def sms(**changes: Any) -> SmsMessage:
    fields: dict[str, Any] = {
        "phone_number": f"+86{NUMBER}",
        "code": CODE,
        "purpose": "login",
        "lifetime": timedelta(minutes=5),
        "language": "en",
        "delivery_id": "019b8d3f5a7c7e21b4c0d1e2f3a4b5c6",
    }
    return SmsMessage(**{**fields, **changes})
