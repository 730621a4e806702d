from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import newcomer
from tests.newcomer import CHECKOUT, Host, Server

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    database = tmp_path_factory.mktemp("example") / "db.sqlite3"
    return Host(
        CHECKOUT / "example_project",
        sys.executable,
        PYTHONPATH=str(CHECKOUT),
        EXAMPLE_DATABASE=str(database),
    )


@pytest.fixture(scope="module")
def walk_through(host: Host) -> str:
    """What the demo prints before it starts."""
    url = "http://127.0.0.1:8000/"
    return host.run(host.python, "manage.py", "prepare_demo", url)


@pytest.fixture(scope="module")
def server(host: Host, walk_through: str) -> Iterator[Server]:
    with Server(host) as server:
        yield server


def get(server: Server, path: str, *options: str) -> str:
    return server.host.run("curl", "-s", *options, server.url + path)


class WalkThroughTests:
    def test_its_addresses_answer(self, server: Server, walk_through: str) -> None:
        addresses = re.findall(r"http://127\.0\.0\.1:8000(/\S*)", walk_through)
        assert {"/account/login/", "/admin/", "/api/", "/phone/"} <= set(addresses)
        for address in addresses:
            status = get(server, address, "-Lo", "/dev/null", "-w", "%{http_code}")
            assert (address, status) == (address, "200")

    def test_its_administrator_can_sign_in(
        self, server: Server, walk_through: str, tmp_path: Path
    ) -> None:
        password = re.search(r"User admin, password (\S+)", walk_through)
        assert password
        jar, login = str(tmp_path / "jar"), "/admin/login/?next=/admin/"
        token = re.search(
            r'csrfmiddlewaretoken" value="(\w+)"', get(server, login, "-c", jar)
        )
        assert token
        fields = {
            "username": "admin",
            "password": password[1],
            "csrfmiddlewaretoken": token[1],
        }
        data = [o for name in fields for o in ("-d", f"{name}={fields[name]}")]
        assert 'id="user-tools"' in get(server, login, "-Lb", jar, "-c", jar, *data)

    def test_there_is_a_history(self, walk_through: str) -> None:
        made = re.search(r"Made (\d+) verifications", walk_through)
        assert made
        assert int(made[1]) > 1000

    def test_a_second_run_leaves_all_as_it_is(
        self, host: Host, walk_through: str
    ) -> None:
        url = "http://127.0.0.1:8000/"
        again = host.run(host.python, "manage.py", "prepare_demo", url)
        assert "There is a history already." in again
        assert "User admin. Forgotten? " in again


class SignInTests:
    def test_the_readmes_lines_sign_in_with_the_phones_code(
        self, server: Server, tmp_path: Path
    ) -> None:
        start, finish = newcomer.blocks(newcomer.section("Sign in with curl"), "sh")
        server.shell(start, tmp_path)
        newest = json.loads(get(server, "/phone/messages/"))["messages"][0]
        assert newest["phone_number"] == "+8613800138000"
        server.shell(finish.replace("123456", newest["code"]), tmp_path)
        page = get(server, "/", "-b", str(tmp_path / "cookies"))
        assert "<h1>Signed in as user_" in page
        assert "<strong>+86138****8000</strong>" in page
        assert '<form method="post" action="/logout/">' in page

    def test_the_look_for_messages_is_not_in_the_servers_log(
        self, server: Server
    ) -> None:
        get(server, "/phone/messages/")
        get(server, "/?after")
        server.wait_for(r'("GET /\?after )')
        assert "/phone/messages/" not in server.printed


class DocumentationTests:
    def test_it_loads_nothing_from_elsewhere(self, server: Server) -> None:
        page = get(server, "/api/")
        sources = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert sources
        assert [s for s in sources if not s.startswith(("/static/", "data:"))] == []

    def test_its_assets_are_there(self, server: Server) -> None:
        for source in re.findall(
            r'(?:src|href)="(/static/[^"]+)"', get(server, "/api/")
        ):
            status = get(server, source, "-o", "/dev/null", "-w", "%{http_code}")
            assert (source, status) == (source, "200")

    def test_the_schema_names_the_routes(self, server: Server) -> None:
        schema = json.loads(get(server, "/api/schema/?format=json"))
        assert {"/sms/login/", "/sms/verifications/"} <= schema["paths"].keys()
