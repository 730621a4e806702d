from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ImproperlyConfigured
from twilio.request_validator import RequestValidator

from sms_verification.exceptions import InvalidPush
from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from sms_verification.types import Push
from tests.providers.vendors import CODE, NUMBER, SECRETS, sms, twilio

CALLBACK = "https://example.com/sms/receipts/twilio/secret/"
TOKEN = SECRETS[2]


class TwilioTests:
    def test_sends_a_text_that_the_app_words(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        sent = twilio(sms_simulator_server.host).send(sms())
        (message,) = sms_simulator.twilio.messages
        assert message.text == (
            f"{CODE} is your verification code. It is valid for 5 minutes."
        )
        assert sent.parts == 1

    def test_binds_the_code_to_an_origin(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        provider = twilio(sms_simulator_server.host, origin="example.com")
        provider.send(sms())
        text = sms_simulator.twilio.messages[0].text
        assert text.endswith(f"\n@example.com #{CODE}")

    def test_sends_by_a_messaging_service(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        service = {"messaging_service_sid": "MG00000000000000000000000000000001"}
        twilio(sms_simulator_server.host, from_number=None, **service).send(sms())
        assert len(sms_simulator.twilio.messages) == 1

    @pytest.mark.parametrize(
        "options",
        [
            {"auth_token": None},
            {"auth_token": None, "api_key": "SK1"},
            {"from_number": None},
            {"messaging_service_sid": "MG1"},
            {"origin": "https://example.com/"},
            {"status_callback": "https://example.com/?a=1"},
            {"auth_token": "ends in a newline\n"},
            {"account_sid": ""},
            {"base_url": "http://[x"},
            {"base_url": "vendor.example"},
            {"api_key": "SK1", "api_key_secret": "has spaces"},
        ],
    )
    def test_says_what_it_cannot_use(self, options: dict[str, Any]) -> None:
        with pytest.raises(ImproperlyConfigured, match="OPTIONS: "):
            twilio("vendor.example", **options)

    def test_asks_twilio_itself_unless_told_otherwise(self) -> None:
        provider = twilio("vendor.example", base_url=None)
        provider.prepare()
        assert provider._client.api.base_url == "https://api.twilio.com"

    def test_keeps_no_sms(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        """Its SDK keeps the last request and the last answer for tests of its own."""
        provider = twilio(sms_simulator_server.host)
        provider.send(sms())
        http = provider._client.http_client
        assert http._test_only_last_request is None
        assert http._test_only_last_response is None

    def test_has_receipts_bear_our_id(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        provider = twilio(sms_simulator_server.host, status_callback=CALLBACK)
        provider.send(sms())
        (message,) = sms_simulator.twilio.messages
        url = f"{CALLBACK}?delivery={sms().delivery_id}"
        pushed = sms_simulator.twilio.report(url, message)
        headers = {name.lower(): value for name, value in pushed.headers.items()}
        push = Push(body=pushed.body, headers=headers, url=url)
        (receipt,) = provider.read_push(push)
        assert receipt.delivery_id == sms().delivery_id
        assert receipt.message_id == message.message_id

    def test_reads_no_push_that_another_signed(self) -> None:
        fields = {
            "MessageSid": "SM1",
            "MessageStatus": "delivered",
            "To": f"+86{NUMBER}",
        }
        signature = RequestValidator("another").compute_signature(CALLBACK, fields)
        push = Push(
            body=urlencode(fields).encode(),
            headers={"x-twilio-signature": signature},
            url=CALLBACK,
        )
        with pytest.raises(InvalidPush):
            twilio("vendor.example").read_push(push)

    def test_reads_no_push_without_the_token(self) -> None:
        keys = {"auth_token": None, "api_key": "SK1", "api_key_secret": "key"}
        push = Push(body=b"", headers={}, url=CALLBACK)
        with pytest.raises(InvalidPush):
            twilio("vendor.example", **keys).read_push(push)

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({}, "no receipt comes"),
            ({"status_callback": CALLBACK}, ""),
            (
                {
                    "status_callback": CALLBACK,
                    "auth_token": None,
                    "api_key": "SK1",
                    "api_key_secret": "key",
                },
                "signed by the auth_token",
            ),
        ],
        ids=["no callback", "all", "no token"],
    )
    def test_tells_what_receipts_need(self, options: dict[str, Any], said: str) -> None:
        found = list(twilio("vendor.example", **options).findings([]))
        assert len(found) == bool(said)
        assert all(said in finding for finding in found)
