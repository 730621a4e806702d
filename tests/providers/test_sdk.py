from __future__ import annotations

import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.providers.vendors import VENDORS

MODULES = {
    "aliyun": "alibabacloud_dysmsapi20170525",
    "dypns": "alibabacloud_dypnsapi20170525",
    "tencent": "tencentcloud",
    "twilio": "twilio",
}
EXTRAS = {
    "aliyun": "aliyun",
    "dypns": "aliyun-pnvs",
    "tencent": "tencent",
    "twilio": "twilio",
}


class MissingSdkTests:
    @pytest.mark.parametrize("vendor", ["aliyun", "dypns", "tencent", "twilio"])
    def test_says_what_to_install(
        self, vendor: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = MODULES[vendor]
        for name in list(sys.modules):
            if name == root or name.startswith(f"{root}."):
                monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, root, None)
        told = rf"pip install 'django-sms-verification\[{EXTRAS[vendor]}\]'"
        with pytest.raises(ImproperlyConfigured, match=told):
            VENDORS[vendor]("vendor.example").prepare()
