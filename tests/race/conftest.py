from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from pytest_django import DjangoDbBlocker, Settings

from tests.race import services
from tests.race.crowd import Crowd
from tests.race.databases import VARIANTS, Variant, configured
from tests.race.server import Site, serve

HERE = Path(__file__).parent

# PostgreSQL lets 100 connections in.
THREADS = 50

# So high that only what stands in the database refuses anything.
NO_CLIENT_LIMITS = {"start": ["1000000/s"], "check": ["1000000/s"]}

_left_out: dict[str, int] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("race")
            for service in services.DATABASE_SERVICES:
                item.add_marker(pytest.mark.service(service))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for service in [mark.args[0] for mark in item.iter_markers("service")]:
        if services.reachable(service):
            continue
        if services.REQUIRED:
            pytest.fail(services.absence(service), pytrace=False)
        _left_out[service] = _left_out.get(service, 0) + 1
        pytest.skip(services.absence(service))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for service, tests in _left_out.items():
        terminalreporter.write_line(
            f"LEFT OUT: {tests} race tests, since {services.absence(service)}."
            " SMS_VERIFICATION_REQUIRE_SERVICES=1 makes that a failure.",
            yellow=True,
        )


@pytest.fixture(params=VARIANTS, ids=lambda variant: variant.name)
def database(
    request: pytest.FixtureRequest,
    transactional_db: None,
    tmp_path: Path,
    settings: Settings,
) -> Iterator[Variant]:
    """Each configuration of the database at hand, for every thread's connection."""
    settings.SMS_VERIFICATION_CLIENT_LIMITS = NO_CLIENT_LIMITS
    with configured(tmp_path, request.param.options):
        yield request.param


def connect() -> None:
    """Open the calling thread's connection.

    PostgreSQL may still be closing those of the crowd before, which count.
    """
    give_up = time.monotonic() + 30
    while True:
        try:
            return connection.ensure_connection()
        except OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.2)


@pytest.fixture
def crowd(database: Variant) -> Iterator[Crowd]:
    """Threads with a connection each."""
    crowd = Crowd(
        THREADS,
        ready=connect,
        leave=connections.close_all,
    )
    yield crowd
    crowd.close()


@pytest.fixture(scope="module")
def running_site(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """gunicorn on the test database, for all tests of a module."""
    if services.REQUIRED and not services.reachable("redis"):
        pytest.fail(services.absence("redis"), pytrace=False)
    directory = tmp_path_factory.mktemp("site")
    with django_db_blocker.unblock(), configured(directory, {}):
        name = str(connection.settings_dict["NAME"])
        with serve(directory, name) as site:
            yield site


@pytest.fixture
def site(running_site: Site) -> Iterator[Site]:
    """The site, whose log is to tell of no error at the end of the test."""
    before = len(running_site.log)
    running_site.sms_file.write_text("")
    yield running_site
    log = running_site.log[before:]
    assert "Traceback" not in log
    assert "Internal Server Error" not in log
