"""Twilio's own library, by HTTP, against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from tests.simulators.sdks import ABROAD, SID, send_twilio, twilio_client

SERVICE = "MG00000000000000000000000000000001"


@pytest.fixture
def url(sms_simulator_server: Server) -> str:
    return sms_simulator_server.url


class MessagesTests:
    def test_what_is_accepted_is_kept(self, sms_simulator: Simulator, url: str) -> None:
        created = send_twilio(twilio_client(url))
        assert (created.status, created.error_code) == ("queued", None)
        assert created.date_created is not None
        (message,) = sms_simulator.twilio.messages
        assert created.sid == message.message_id
        assert created.from_ == message.sign_name == "+15005550006"
        assert created.to == message.phone_number == f"+{ABROAD}"
        assert created.body == message.text == "Your code is 123456."

    def test_a_messaging_service_may_be_the_sender(
        self, sms_simulator: Simulator, url: str
    ) -> None:
        created = send_twilio(
            twilio_client(url), from_=None, messaging_service_sid=SERVICE
        )
        assert (created.status, created.from_) == ("accepted", None)
        assert created.messaging_service_sid == SERVICE

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"to": ""}, 21604),
            ({"from_": ""}, 21603),
            ({"body": ""}, 21602),
            ({"body": "x" * 1601}, 21617),
            ({"to": ABROAD}, 21211),
            ({"to": "+8613800"}, 21211),
            ({"to": "+999123456789"}, 21211),
            ({"from_": "+15005550001"}, 21606),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_it_refuses(
        self, sms_simulator: Simulator, url: str, fields: dict[str, Any], code: int
    ) -> None:
        with pytest.raises(TwilioRestException) as caught:
            send_twilio(twilio_client(url), **fields)
        assert (caught.value.code, caught.value.status) == (code, 400)
        assert sms_simulator.messages == []

    def test_it_refuses_another_token(self, sms_simulator: Simulator, url: str) -> None:
        with pytest.raises(TwilioRestException) as caught:
            send_twilio(twilio_client(url, token="another"))
        assert (caught.value.code, caught.value.status) == (20003, 401)

    @pytest.mark.parametrize("value", ["", "Bearer x", "Basic ä", "Basic x"])
    def test_it_refuses_another_authorization(
        self, sms_simulator: Simulator, url: str, value: str
    ) -> None:
        answer = requests.post(
            f"{url}/2010-04-01/Accounts/{SID}/Messages.json",
            headers={"Authorization": value.encode("latin-1")},
            timeout=5,
        )
        assert answer.json() == {
            "code": 20003,
            "message": "Authenticate",
            "more_info": "https://www.twilio.com/docs/errors/20003",
            "status": 401,
        }

    def test_it_refuses_the_address_of_another_account(
        self, sms_simulator: Simulator, url: str
    ) -> None:
        answer = requests.post(
            f"{url}/2010-04-01/Accounts/AC1/Messages.json",
            auth=(SID, "simulated-auth-token"),
            timeout=5,
        )
        assert (answer.status_code, answer.json()["code"]) == (404, 20404)
