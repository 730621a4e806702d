"""What the simulated vendors have in common: one request in, one answer out."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections import deque
from functools import partial
from typing import ClassVar
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from sms_verification.simulators.answers import Answer, Refused
from sms_verification.simulators.faults import Exchange, Fault
from sms_verification.simulators.limits import Limit
from sms_verification.simulators.messages import Inbox, SimulatedMessage
from sms_verification.simulators.receipts import Push, Receipt


class Vendor(ABC):
    """One vendor's server, with one account.

    ``posts`` counts the requests that reached it, those that it failed included.
    """

    name: ClassVar[str]
    # The vendor's code for "not now".
    outage: ClassVar[str]

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.reset()

    def reset(self) -> None:
        """Forget faults, counts and receipts, and take the first account back."""
        self.posts = 0
        self.receipts: list[Receipt] = []
        self._always: Fault | None = None
        self._next: deque[Fault] = deque()

    def fail(self, fault: Fault, *, times: int | None = 1) -> None:
        """Fail the next requests so, in the order of calls, or with ``None`` all."""
        with self.inbox.lock:
            if times is None:
                self._always = fault
            else:
                self._next.extend([fault] * times)

    def heal(self) -> None:
        """Fail no more."""
        with self.inbox.lock:
            self._always = None
            self._next.clear()

    @property
    def messages(self) -> list[SimulatedMessage]:
        """What it has accepted, the newest last."""
        return [m for m in self.inbox.messages() if m.vendor == self.name]

    def report(
        self,
        url: str,
        *messages: SimulatedMessage,
        delivered: bool = True,
        code: str = "",
    ) -> Push:
        """Return the vendor's word on what became of messages, to be sent to ``url``.

        ``send()`` it at once, later, twice, after a newer one, or never. Who asks the
        vendor instead is told the same from now on. ``code`` is the vendor's or a
        carrier's own.
        """
        with self.inbox.lock:
            now = self.inbox.now()
            receipts = [Receipt(m, delivered, code, now) for m in messages]
            self.receipts += receipts
        return self.push(url, receipts)

    def answer(self, request: HttpRequest) -> HttpResponse:
        with self.inbox.lock:
            self.posts += 1
            fault = self._next.popleft() if self._next else self._always
        exchange = Exchange(
            partial(self._handle, request), partial(self.refuse, request), self.outage
        )
        if fault is None:
            return exchange.handle().response()
        return fault(exchange)

    def _handle(self, request: HttpRequest) -> Answer:
        try:
            with self.inbox.lock:
                answer = self.accept(request)
        except Refused as refused:
            return self.refuse(request, refused)
        self.inbox.announce()
        return answer

    def within_limits(
        self, message: SimulatedMessage, limits: tuple[Limit, ...]
    ) -> SimulatedMessage:
        """Return the message. Raise ``Refused`` for the first limit it is over."""
        earlier = self.inbox.sent_to(message.phone_number)
        for limit in limits:
            if limit.is_reached(message, earlier):
                raise Refused(limit.code, limit.text)
        return message

    @abstractmethod
    def accept(self, request: HttpRequest) -> Answer:
        """Answer what can be accepted. Raise ``Refused``."""

    @abstractmethod
    def refuse(self, request: HttpRequest, refused: Refused) -> Answer:
        """Answer what cannot."""

    @abstractmethod
    def push(self, url: str, receipts: list[Receipt]) -> Push:
        """Return receipts in the form that the vendor sends them in."""


def new_uuid() -> str:
    return str(uuid4()).upper()


def digits(length: int) -> str:
    return "".join(secrets.choice("123456789") for _ in range(length))
