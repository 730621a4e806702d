"""Nobody who watches a host's requests may see a code: by the real tools that do."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from sms_verification.exceptions import DeliveryUnknown
from sms_verification.providers.quiet import quiet
from sms_verification.simulators import faults
from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from tests.providers.vendors import CODE, NUMBER, SECRETS, make, sms

VENDORS = pytest.mark.parametrize("vendor", ["aliyun", "dypns", "tencent", "twilio"])


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tools = [RequestsInstrumentor(), URLLib3Instrumentor()]
    for tool in tools:
        tool.instrument(tracer_provider=provider)
    yield exporter
    for tool in tools:
        tool.uninstrument()


def send(vendor: str, simulator: Simulator, server: Server) -> None:
    """Send one SMS that is accepted, and one that nobody answers."""
    provider = make(vendor, server)
    provider.send(sms())
    getattr(simulator, vendor).fail(faults.drop())
    with pytest.raises(DeliveryUnknown):
        provider.send(sms(phone_number=f"+86{NUMBER}"))


def assert_tells_nothing(seen: str) -> None:
    for secret in (CODE, NUMBER, *SECRETS):
        assert secret not in seen


@VENDORS
class QuietTests:
    def test_logs_say_nothing_down_to_debug(
        self,
        vendor: str,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        send(vendor, sms_simulator, sms_simulator_server)
        assert_tells_nothing(caplog.text)

    def test_sentry_sees_nothing(self, vendor: str) -> None:
        command = [sys.executable, "-m", "tests.providers.watched", vendor]
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.lower().endswith("_proxy")
        }
        run = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        )
        assert "an error of the host's" in run.stdout
        assert "seen=yes" in run.stdout  # it does watch what the host asks for
        assert_tells_nothing(run.stdout + run.stderr)

    def test_opentelemetry_sees_nothing(
        self,
        vendor: str,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
        spans: InMemorySpanExporter,
    ) -> None:
        send(vendor, sms_simulator, sms_simulator_server)
        assert spans.get_finished_spans() == ()
        requests.post(sms_simulator_server.url, params={"seen": "yes"}, timeout=5)
        assert spans.get_finished_spans() != ()


class ScopeTests:
    def test_is_quiet_within_and_loud_behind(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        logger = logging.getLogger("urllib3.connectionpool")
        with quiet():
            logger.debug("within")
        logger.debug("behind")
        assert [record.message for record in caplog.records] == ["behind"]

    def test_is_left_by_an_error(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        with pytest.raises(ValueError, match="within"), quiet():
            raise ValueError("within")
        logging.getLogger("urllib3.connectionpool").debug("behind")
        assert [record.message for record in caplog.records] == ["behind"]

    def test_works_where_no_tool_is(self) -> None:
        """In a process of its own: here, the tools are imported."""
        script = (
            "import sys\n"
            "from sms_verification.providers.quiet import quiet\n"
            "with quiet(): pass\n"
            "assert 'sentry_sdk' not in sys.modules\n"
            "assert not any(name.startswith('opentelemetry') for name in sys.modules)\n"
        )
        subprocess.run([sys.executable, "-c", script], check=True)
