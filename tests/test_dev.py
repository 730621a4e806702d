from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

import dev
from tests.newcomer import CHECKOUT


@pytest.fixture
def taken() -> Iterator[int]:
    """A port of loopback that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free() -> int:
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


class MissingTests:
    def test_nothing_is_left_out_where_every_server_answers(
        self, taken: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dev, "SERVICES", dict.fromkeys(dev.SERVICES, taken))
        assert dev.missing(["lint", "sqlite-race", "postgresql", "coverage"]) == {}

    def test_the_server_that_does_not_answer_is_named(
        self, taken: int, free: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ports = {"PostgreSQL": free, "MariaDB": taken, "Redis": taken}
        monkeypatch.setattr(dev, "SERVICES", ports)
        assert dev.missing(["postgresql", "mariadb", "lint"]) == {
            "postgresql": "PostgreSQL does not answer at 127.0.0.1"
        }

    def test_coverage_cannot_be_complete_without_every_database(
        self, taken: int, free: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ports = {"PostgreSQL": free, "MariaDB": taken, "Redis": taken}
        monkeypatch.setattr(dev, "SERVICES", ports)
        assert set(dev.missing(["postgresql", "coverage"])) == {
            "postgresql",
            "coverage",
        }

    def test_an_interpreter_that_is_not_there_is_named(self) -> None:
        assert dev.missing(["py399-django61"]) == {
            "py399-django61": "no Python 3.99 is found"
        }

    def test_a_program_that_is_not_installed_is_named(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dev, "PROGRAMS", {"browser": ["python3", "no-such-thing"]})
        assert dev.missing(["browser", "lint"]) == {
            "browser": "no-such-thing cannot be found"
        }
        with pytest.raises(dev.Problem, match="no-such-thing"):
            dev.demand_services()

    def test_a_missing_server_is_a_problem_where_it_is_demanded(
        self, taken: int, free: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dev, "SERVICES", {"PostgreSQL": taken, "Redis": free})
        monkeypatch.setattr(dev, "PROGRAMS", {})
        with pytest.raises(dev.Problem, match=rf"^not reachable: Redis .+:{free}\)\.$"):
            dev.demand_services()


class CommandTests:
    def test_a_port_that_is_taken_is_told_before_anything_is_installed(
        self, taken: int
    ) -> None:
        done = _dev("demo", "--port", str(taken))
        assert done.returncode == 1
        assert f"dev.py: port {taken} cannot be used: " in done.stderr

    def test_an_old_python_is_told_what_is_needed(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "version_info", (3, 10, 0))
        assert dev.main() == 1
        assert "Python 3.11 or newer is needed." in capsys.readouterr().err

    def test_help_names_both_commands(self) -> None:
        printed = _dev("--help").stdout
        assert "python dev.py demo" in printed
        assert "python dev.py test" in printed


def _dev(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "dev.py", *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
