from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import dev
from tests.newcomer import CHECKOUT, Host, Server

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    database = tmp_path_factory.mktemp("example") / "db.sqlite3"
    host = Host(
        CHECKOUT / "example_project",
        sys.executable,
        PYTHONPATH=str(CHECKOUT),
        EXAMPLE_DATABASE=str(database),
    )
    host.run(host.python, "manage.py", "migrate", "--verbosity", "0")
    with Server(host) as server:
        yield server


def get(server: Server, path: str, *options: str) -> str:
    return server.host.run("curl", "-s", *options, server.url + path)


class HomeTests:
    def test_it_says_that_nobody_is_signed_in(self, server: Server) -> None:
        assert "<h1>Nobody is signed in</h1>" in get(server, "/")

    def test_it_says_so_in_chinese(self, server: Server) -> None:
        page = get(server, "/", "-H", "Accept-Language: zh-CN")
        assert '<html lang="zh-hans">' in page
        assert "<h1>尚未登录</h1>" in page

    def test_it_knows_who_has_signed_in(self, server: Server, tmp_path: Path) -> None:
        server.sign_in(tmp_path)
        page = get(server, "/", "-b", str(tmp_path / "cookies"))
        assert "<h1>Signed in as user_" in page
        assert "<strong>+86138****8000</strong>" in page
        assert '<form method="post" action="/logout/">' in page


class WalkThroughTests:
    def test_the_demos_own_lines_sign_in(self, server: Server, tmp_path: Path) -> None:
        lines = dev.WALK_THROUGH.format(url=f"{server.url}/", admin="")
        # Another number than above, which has its cooldown.
        lines = lines.replace("138 0013 8000", "139 0013 9000")
        start, finish, home = re.findall(r"^  curl .*?(?=^$)", lines, re.M | re.S)
        server.shell(start, tmp_path)
        code = server.wait_for(r"SMS to \+8613900139000: (\d{6})")
        server.shell(finish.replace("THE CODE", code), tmp_path)
        assert "<h1>Signed in as user_" in server.shell(home, tmp_path)


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
