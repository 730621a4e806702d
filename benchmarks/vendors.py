"""Measure a send by our providers against the bare call of the vendor's SDK, in turns.

    python -m benchmarks.vendors [--calls 20] [--turns 30]

Both use one client of the SDK with the same options, and the same simulated vendor on
this machine. Prints the median time of a send, in milliseconds, the ratio of the two,
and the same of the processor's time in the sending thread, which leaves the vendor out.
Ratios can be compared between machines; times cannot.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"

Send = Callable[[], object]

# Seconds by the clock, and of the processor in this thread.
Times = tuple[float, float]

_mainland = (f"138{n:08d}" for n in itertools.count())
_abroad = (f"415555{n:04d}" for n in itertools.count())


def message(number: str) -> SmsMessage:
    return SmsMessage(
        phone_number=number,
        code="314159",
        purpose="login",
        lifetime=timedelta(minutes=5),
        language="en",
        delivery_id="019b8d3f5a7c7e21b4c0d1e2f3a4b5c6",
    )


def aliyun(host: str) -> tuple[Send, Send]:
    from alibabacloud_dysmsapi20170525 import models

    provider = vendors.aliyun(host)
    client = provider._client

    def bare() -> object:
        request = models.SendSmsRequest(
            phone_numbers=next(_mainland),
            sign_name="模拟网站",
            template_code="SMS_100001",
            template_param=json.dumps({"code": "314159"}),
            out_id="019b8d3f5a7c7e21b4c0d1e2f3a4b5c6",
        )
        return client.send_sms(request).body.biz_id

    return lambda: provider.send(message(f"+86{next(_mainland)}")), bare


def tencent(host: str) -> tuple[Send, Send]:
    from tencentcloud.sms.v20210111 import models

    provider = vendors.tencent(host)
    client = provider._client

    def bare() -> object:
        request = models.SendSmsRequest()
        request.PhoneNumberSet = [f"+86{next(_mainland)}"]
        request.SmsSdkAppId = "1400000001"
        request.SignName = "模拟网站"
        request.TemplateId = "1000001"
        request.TemplateParamSet = ["314159", "5"]
        request.SessionContext = "019b8d3f5a7c7e21b4c0d1e2f3a4b5c6"
        return client.SendSms(request).SendStatusSet[0].SerialNo

    return lambda: provider.send(message(f"+86{next(_mainland)}")), bare


def twilio(host: str) -> tuple[Send, Send]:
    provider = vendors.twilio(host)
    client = provider._client
    text = "314159 is your verification code. It is valid for 5 minutes."

    def bare() -> object:
        number = f"+1{next(_abroad)}"
        sent = client.messages.create(to=number, from_="+15005550006", body=text)
        return sent.sid

    return lambda: provider.send(message(f"+1{next(_abroad)}")), bare


def measure(send: Send, calls: int) -> Times:
    """Return the median times of a send."""
    gc.collect()
    clock, processor = [], []
    for _ in range(calls):
        begun, busy = time.perf_counter(), time.thread_time()
        sent = send()
        clock.append(time.perf_counter() - begun)
        processor.append(time.thread_time() - busy)
        assert sent
    return statistics.median(clock), statistics.median(processor)


def compare(ours: Send, bare: Send, calls: int, turns: int) -> str:
    measure(ours, 10), measure(bare, 10)
    pairs: list[tuple[Times, Times]] = []
    for turn in range(turns):
        # Each goes first every other turn, so that neither profits from the order.
        if turn % 2:
            second = measure(bare, calls)
            pairs.append((measure(ours, calls), second))
        else:
            pairs.append((measure(ours, calls), measure(bare, calls)))
    return "   ".join(summary(pairs, kind) for kind in (0, 1))


def summary(pairs: list[tuple[Times, Times]], kind: int) -> str:
    ours, bare = ([p[side][kind] for p in pairs] for side in (0, 1))
    ratios = [a / b for a, b in zip(ours, bare, strict=True)]
    return (
        f"{statistics.median(ours) * 1000:7.2f}"
        f"{statistics.median(bare) * 1000:8.2f}"
        f"{statistics.median(ratios):7.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--turns", type=int, default=30)
    options = parser.parse_args()
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    print(f"Python {sys.version.split()[0]}, Django {django.__version__}")
    print("               by the clock, ms         processor, ms      connections")
    print("              ours    bare  ratio     ours    bare  ratio")
    with override_settings(SMS_VERIFICATION_SIMULATORS=True):
        for make in (aliyun, tencent, twilio):
            simulator.reset()
            simulator.aliyun.account.limits = simulator.tencent.account.limits = ()
            with serve() as server:
                row = compare(*make(server.host), options.calls, options.turns)
                print(f"{make.__name__:10} {row}{server.connections:10}", flush=True)


if __name__ == "__main__":
    django.setup()
    from django.test import override_settings

    from sms_verification.simulators.server import serve
    from sms_verification.simulators.simulator import simulator
    from sms_verification.types import SmsMessage
    from tests.providers import vendors

    main()
