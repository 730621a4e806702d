from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count, product
from pathlib import Path

import pytest

from tests.http.person import Person
from tests.race import services
from tests.race.server import ROOT, Site, environment_of, serve

SETTINGS = "tests.http.site.settings"
MODES = ["session", "token", "jwt"]
USER_MODELS = ["auth.User", "tests.Member"]
COMBINATIONS = list(product(USER_MODELS, MODES))
# The same objects, by which pytest knows that a server is running already.
WITH_SESSIONS = [one for one in COMBINATIONS if one[1] == "session"]

_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            for service in services.DATABASE_SERVICES:
                item.add_marker(pytest.mark.service(service))


@pytest.fixture(scope="session")
def database_of(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], str]]:
    """Make a database for a user model, the first time that it is asked for."""
    made: dict[str, str] = {}
    with ExitStack() as stack:

        def database(user_model: str) -> str:
            if user_model not in made:
                directory = tmp_path_factory.mktemp("database")
                made[user_model] = stack.enter_context(_database(directory, user_model))
            return made[user_model]

        yield database


@pytest.fixture(scope="session", params=COMBINATIONS, ids="-".join)
def running(
    request: pytest.FixtureRequest,
    database_of: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Site, str]]:
    """gunicorn, once for each combination."""
    user_model, login_with = request.param
    directory = tmp_path_factory.mktemp("site")
    environment = {"USER_MODEL": user_model, "LOGIN_WITH": login_with}
    with serve(
        directory,
        database_of(user_model),
        settings=SETTINGS,
        workers=1,
        **environment,
    ) as site:
        site.sms_file.touch()
        yield site, login_with


@pytest.fixture
def login_with(running: tuple[Site, str]) -> str:
    return running[1]


@pytest.fixture
def people(running: tuple[Site, str]) -> Iterator[Callable[[], Person]]:
    """Somebody new, as often as called."""
    site, login_with = running
    made: list[Person] = []

    def somebody() -> Person:
        made.append(Person(site, login_with))
        return made[-1]

    before = len(site.log)
    yield somebody
    for person in made:
        person.http.close()
    assert "Traceback" not in site.log[before:]


@pytest.fixture
def person(people: Callable[[], Person]) -> Person:
    return people()


@pytest.fixture
def fresh() -> Callable[[], str]:
    """Return a number that was never seen, as often as called."""
    return lambda: f"+86138{next(_numbers):08}"


@pytest.fixture
def number(fresh: Callable[[], str]) -> str:
    return fresh()


@pytest.fixture
def other_number(fresh: Callable[[], str]) -> str:
    return fresh()


@contextmanager
def _database(directory: Path, user_model: str) -> Iterator[str]:
    name = os.environ.get("DATABASE_NAME", "sms_verification")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    name = f"{name}_http_{user_model.replace('.', '_').lower()}{worker}"
    if services.DATABASE == "sqlite":
        name = str(directory / "db.sqlite3")
    environment = {
        **os.environ,
        **environment_of(directory, name),
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "USER_MODEL": user_model,
        "LOGIN_WITH": "session",
    }
    command = [sys.executable, "-m", "tests.http.site.database"]
    subprocess.run([*command, "create"], cwd=ROOT, env=environment, check=True)
    yield name
    subprocess.run([*command, "destroy"], cwd=ROOT, env=environment, check=True)
