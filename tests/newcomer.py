"""A host's project as the README makes it, and its development server."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from pathlib import Path
from typing import Self

CHECKOUT = Path(__file__).resolve().parent.parent
README = CHECKOUT / "README.md"

# A server that has not answered by then never will.
PATIENCE = 60

# They say how this suite runs, and nothing about a newcomer's machine.
_OURS = {"DJANGO_SETTINGS_MODULE", "PYTHONPATH", "PYTHONWARNINGS"}


def section(title: str, readme: Path = README) -> str:
    """Return the text between a heading and the next."""
    text = readme.read_text(encoding="utf-8")
    _, _, rest = text.partition(f"\n## {title}\n")
    assert rest, f"{readme.name} has no section {title!r}."
    return rest.partition("\n## ")[0]


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class Host:
    """A folder with a Django project, run by an interpreter of one's choice.

    ``PYTHONPATH`` makes the checkout known to one that has not installed it.
    """

    def __init__(self, folder: Path, python: str | Path, **env: str) -> None:
        inherited = {k: v for k, v in os.environ.items() if k not in _OURS}
        self.folder = folder
        self.python = str(python)
        self.env = {**inherited, "PYTHONUNBUFFERED": "1", **env}

    def run(self, *command: str | Path, folder: Path | None = None) -> str:
        done = subprocess.run(
            command,
            cwd=folder or self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def follow_quickstart(self) -> None:
        """Start a project, and add each block to the file that it names."""
        self.run(self.python, "-m", "django", "startproject", "mysite", ".")
        for block in blocks(section("Quickstart"), "python"):
            name = block.splitlines()[0].removeprefix("# ")
            with (self.folder / name).open("a") as file:
                file.write(f"\n{block}")
        self.run(self.python, "manage.py", "migrate", "--verbosity", "0")


class Server:
    """A host's ``runserver`` on a free port of loopback, and what it has printed."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.printed = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [self.host.python, "manage.py", "runserver", "--noreload", "127.0.0.1:0"],
            cwd=self.host.folder,
            env=self.host.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        try:
            self.url = self.wait_for(r"server at (http://127\.0\.0\.1:\d+)/")
        except AssertionError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._reader.join()

    def wait_for(self, pattern: str) -> str:
        """Return the pattern's group in what has been printed, as soon as it is."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._reader.is_alive():
            if match := re.search(pattern, self.printed):
                return match[1]
            self._reader.join(0.05)
        raise AssertionError(f"No {pattern!r} in:\n{self.printed}")

    def sign_in(self, folder: Path) -> str:
        """Run the README's curl lines, with the code that has been printed.

        Return what the last one answered. The folder gets the file of cookies.
        """
        start, finish = blocks(section("Sign in with curl"), "sh")
        self.shell(start, folder)
        code = self.wait_for(r"SMS to \+8613800138000: (\d{6})")
        return self.shell(finish.replace("123456", code), folder)

    def shell(self, lines: str, folder: Path) -> str:
        lines = lines.replace("http://127.0.0.1:8000", self.url)
        return self.host.run("sh", "-c", lines, folder=folder)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            for line in stdout:
                self.printed += line
