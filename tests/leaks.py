"""Watches the whole suite for codes and full numbers where none belongs.

``conftest`` loads this as a plugin. It learns every code that is derived or sent and
every number that is met. After each test it searches all that the test has left
behind, and fails it for what it finds: log records of every level, the tables, the
sessions, the cache, the payloads of signals, the exceptions that reached Django, and
each answer with its address, the pages of admin among them.
"""

from __future__ import annotations

import logging
import pickle
import re
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib.auth import signals as auth_signals
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.handlers.base import BaseHandler
from django.core.signals import got_request_exception
from django.db import DatabaseError
from django.db.models.signals import post_init
from django.test import TestCase, TransactionTestCase
from django.views.decorators.debug import sensitive_variables

from sms_verification import codes, phone_numbers, signals
from sms_verification.models import Delivery, PhoneNumber, Verification
from sms_verification.types import SmsMessage

# Fewer digits would be met by chance, and so would those inside of an id and the
# microseconds of a time, behind a point or in a datetime's repr.
CODE = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9]\.)[0-9]{6,10}(?![0-9A-Za-z])(?!, tzinfo=)"
)
TYPED_NUMBER = re.compile(r'<input type="tel"[^>]*>')
PUNCTUATION = re.compile(r"[\s()./-]")

# Statements with their parameters, which Django writes for who debugs a database
# that holds the numbers anyway. No code is in it.
SHOW_NUMBERS = {"django.db.backends"}

# Those of the tests' own tools, which no host has.
TOOLS = ("factory", "faker")

PLAIN_RECORD = set(vars(logging.makeLogRecord({})))


class Watch:
    """What may not be seen, and where it could be."""

    def __init__(self) -> None:
        self.codes: set[str] = set()
        self.numbers: set[str] = set()
        self.texts: list[tuple[str, str, bool]] = []

    def begin(self) -> None:
        for kept in (self.codes, self.numbers, self.texts):
            kept.clear()

    def learn_code(self, code: Any) -> None:
        if isinstance(code, str) and CODE.fullmatch(code):
            self.codes.add(code)

    def learn_number(self, number: Any) -> None:
        if isinstance(number, str) and len(number) > 8:
            self.numbers.add(number.removeprefix("+"))

    def see(self, where: str, text: str, *, numbers: bool = True) -> None:
        """Keep the text for the end of the test, when all secrets are known."""
        self.texts.append((where, text, numbers))

    def found(self) -> list[str]:
        return [
            f"{where}: {what}"
            for where, text, numbers in self.texts
            for what in self.secrets_in(text, numbers=numbers)
        ]

    def secrets_in(self, text: str, *, numbers: bool = True) -> Iterator[str]:
        decoded = unquote(text)
        met = {*CODE.findall(text), *CODE.findall(decoded)}
        for code in sorted(met & self.codes):
            yield f"the code {code} in {excerpt(decoded, code)!r}"
        closed_up = PUNCTUATION.sub("", decoded) if numbers else ""
        for number in self.numbers:
            if number in closed_up:
                yield f"the number {number} in {excerpt(closed_up, number)!r}"


def excerpt(text: str, secret: str) -> str:
    position = text.find(secret)
    return text[max(0, position - 100) : position + 100]


watch = Watch()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "leaks_on_purpose: puts a secret where none belongs by itself"
    )
    watch_secrets()
    watch_logs()
    watch_signals()
    watch_tables()
    watch_answers()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    watch.begin()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    see_cache()
    yield
    found = watch.found()
    watch.begin()
    if found and item.get_closest_marker("leaks_on_purpose") is None:
        pytest.fail("It leaked. " + "\n".join(found), pytrace=False)


# What is secret.


def watch_secrets() -> None:
    derive, parse, compose = codes.derive, phone_numbers.parse, SmsMessage.__init__

    # Or its variables would stand in the error reports that tests look at.
    @sensitive_variables()
    @wraps(derive)
    def learning_derive(**fields: Any) -> str | None:
        code = derive(**fields)
        watch.learn_code(code)
        return code

    @wraps(parse)
    def learning_parse(*args: Any, **kwargs: Any) -> str:
        number = parse(*args, **kwargs)
        watch.learn_number(number)
        return number

    def learning_init(self: SmsMessage, **fields: Any) -> None:
        compose(self, **fields)
        watch.learn_code(self.code)
        watch.learn_number(self.phone_number)

    codes.derive = learning_derive
    phone_numbers.parse = learning_parse
    SmsMessage.__init__ = learning_init  # type: ignore[method-assign]
    post_init.connect(learn_row, sender=PhoneNumber, weak=False)


def learn_row(instance: PhoneNumber, **kwargs: Any) -> None:
    watch.learn_number(vars(instance).get("number"))


# Where it may not be.


def watch_logs() -> None:
    """See what every logger would write at ``DEBUG``, and leave its level alone."""
    is_enabled, call_handlers = logging.Logger.isEnabledFor, logging.Logger.callHandlers

    def call_seen(self: logging.Logger, record: logging.LogRecord) -> None:
        if not record.name.startswith(TOOLS):
            numbers = record.name not in SHOW_NUMBERS
            watch.see(f"log of {record.name}", record_text(record), numbers=numbers)
        if is_enabled(self, record.levelno):
            call_handlers(self, record)

    logging.Logger.isEnabledFor = lambda self, level: True  # type: ignore[method-assign]
    logging.Logger.callHandlers = call_seen  # type: ignore[method-assign]


def record_text(record: logging.LogRecord) -> str:
    more = {name: vars(record)[name] for name in vars(record).keys() - PLAIN_RECORD}
    error = record.exc_info[1] if record.exc_info else None
    return " ".join([record.getMessage(), repr(more), *chain(error)])


def chain(error: BaseException | None) -> Iterator[str]:
    """What a traceback prints of an error and its causes, but for lines of source."""
    while error is not None:
        yield f"{type(error).__name__}: {error} {error.args!r} {vars(error)!r}"
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)


def watch_signals() -> None:
    def look(where: str, *, numbers: bool) -> Callable[..., None]:
        def receiver(sender: Any, signal: Any, **payload: Any) -> None:
            watch.see(f"signal {where}", repr(payload), numbers=numbers)

        return receiver

    for name in (
        "verification_started",
        "verification_approved",
        "check_failed",
        "delivery_recorded",
        "receipt_recorded",
    ):
        getattr(signals, name).connect(look(name, numbers=True), weak=False)
    # A host may log in by a number, and name its users by them.
    for name in ("user_login_failed", "user_logged_in"):
        getattr(auth_signals, name).connect(look(name, numbers=False), weak=False)
    got_request_exception.connect(see_exception, weak=False)


def see_exception(**kwargs: Any) -> None:
    watch.see("exception", " ".join(chain(sys.exc_info()[1])))


def watch_tables() -> None:
    """Look at the database at the end of each test, before it is rolled back."""
    for case in (TestCase, TransactionTestCase):
        teardown = vars(case)["_fixture_teardown"]

        @wraps(teardown)
        def seen_teardown(self: Any, teardown: Any = teardown) -> None:
            try:
                see_tables()
            except DatabaseError:
                pass  # a test that broke its transaction has nothing to show
            finally:
                teardown(self)

        case._fixture_teardown = seen_teardown  # type: ignore[attr-defined]


def see_tables() -> None:
    for model in (PhoneNumber, Verification, Delivery):
        for row in model._default_manager.values():
            # The one column where it belongs.
            row.pop("number", None)
            for column, value in row.items():
                # As text, or a datetime would show its microseconds like a code.
                watch.see(f"column {model.__name__}.{column}", str(value))
    for session in Session.objects.all():
        watch.see("session", str(session.get_decoded()))


def see_cache() -> None:
    kept = getattr(cache, "_cache", None)
    # That of the process, which all tests use but those that want a server's.
    for key, value in kept.items() if isinstance(kept, dict) else ():
        watch.see("cache", f"{key} {pickle.loads(value)}")


def watch_answers() -> None:
    get_response = BaseHandler.get_response

    @wraps(get_response)
    def seen_response(self: BaseHandler, request: Any) -> Any:
        response = get_response(self, request)
        where = f"answer to {request.method} {request.get_full_path()}"
        body = "" if response.streaming else response.content.decode(errors="replace")
        # Who typed a number is shown it in its field, to mend it.
        body = TYPED_NUMBER.sub("", body)
        watch.see(where, f"{where} {response.headers} {body}")
        return response

    BaseHandler.get_response = seen_response  # type: ignore[method-assign]
