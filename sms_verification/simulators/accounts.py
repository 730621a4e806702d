"""What a host has at a vendor: keys, sign names, templates, senders.

Each has made-up values that work as they are. A test may set others, for example
``simulator.aliyun.account.sign_names = {"我的网站"}``; ``simulator.reset()`` takes
them back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sms_verification.simulators import limits
from sms_verification.simulators.limits import Limit

__all__ = [
    "AliyunAccount",
    "DypnsAccount",
    "Template",
    "TencentAccount",
    "TwilioAccount",
]


@dataclass(frozen=True)
class Template:
    """An approved text. It stands for mainland numbers or, international, for others.

    Its variables are ``${name}`` with Alibaba Cloud and ``{1}`` with Tencent Cloud.
    """

    text: str
    international: bool = False


@dataclass
class AliyunAccount:
    """An account with the short message service of Alibaba Cloud."""

    access_key_id: str = "simulated-key-id"
    access_key_secret: str = field(default="simulated-key-secret", repr=False)
    sign_names: set[str] = field(default_factory=lambda: {"模拟网站"})
    templates: dict[str, Template] = field(
        default_factory=lambda: {
            "SMS_100001": Template("您的验证码为${code}，请勿告诉他人。"),
            "SMS_100002": Template("Your code is ${code}. Tell no one.", True),
        }
    )
    limits: tuple[Limit, ...] = limits.ALIYUN


@dataclass
class DypnsAccount:
    """An account with the number authentication service of Alibaba Cloud."""

    access_key_id: str = "simulated-key-id"
    access_key_secret: str = field(default="simulated-key-secret", repr=False)
    sign_names: set[str] = field(default_factory=lambda: {"模拟赠送签名"})
    templates: dict[str, Template] = field(
        default_factory=lambda: {
            "100001": Template("您的验证码为${code}，${min}分钟内有效，请勿告诉他人。"),
        }
    )


@dataclass
class TencentAccount:
    """An account with the short message service of Tencent Cloud."""

    secret_id: str = "simulated-secret-id"  # noqa: S105  # it is no secret
    secret_key: str = field(default="simulated-secret-key", repr=False)
    sdk_app_ids: set[str] = field(default_factory=lambda: {"1400000001"})
    sign_names: set[str] = field(default_factory=lambda: {"模拟网站"})
    templates: dict[str, Template] = field(
        default_factory=lambda: {
            "1000001": Template("您的验证码为{1}，{2}分钟内有效，请勿告诉他人。"),
            "1000002": Template("Your code is {1}, for {2} minutes.", True),
        }
    )
    limits: tuple[Limit, ...] = limits.TENCENT


@dataclass
class TwilioAccount:
    """An account with Twilio."""

    account_sid: str = "AC00000000000000000000000000000001"
    auth_token: str = field(default="simulated-auth-token", repr=False)
    # Numbers, sender names, and SIDs of messaging services.
    senders: set[str] = field(
        default_factory=lambda: {
            "+15005550006",
            "MG00000000000000000000000000000001",
        }
    )
