"""Work with a checkout. It needs Python 3.11 or newer, and nothing else.

python dev.py demo    set up and start the example site: SQLite, no keys, no services
python dev.py demo --provider aliyun
                      the same by Alibaba Cloud's own SDK, to a simulated Alibaba Cloud
python dev.py test    set up and run the whole test suite
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent
VENV = TOP / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
MANAGE = TOP / "example_project" / "manage.py"

# How the example site may send, and the extra that this takes.
PROVIDERS = {"file": "", "aliyun": "[aliyun]"}

SERVICES = {"PostgreSQL": 5432, "MariaDB": 3306, "Redis": 6379}

# What an environment of tox.ini with this in its name cannot do without. The few tests
# that need Redis leave themselves out.
NEEDS = {"postgresql": "PostgreSQL", "mariadb": "MariaDB"}

# Likewise, what has to be installed by other means than pip.
PROGRAMS = {"browser": ["chromium", "npm"]}

# Lines that only another database reaches are no failure where there is none.
NEEDS_ALL = "coverage"


class Problem(Exception):
    """Something that whoever runs this can put right."""


def main() -> int:
    if sys.version_info < (3, 11):
        return fail(
            f"Python 3.11 or newer is needed. This is {sys.version.split()[0]}."
        )
    arguments = parse()
    try:
        if arguments.command == "demo":
            return demo(arguments.port, arguments.provider)
        return test(arguments.environments)
    except Problem as problem:
        return fail(str(problem))
    except KeyboardInterrupt:
        print()
        return 130


def parse() -> argparse.Namespace:
    description, _, commands = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description,
        epilog=commands,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands_parser = parser.add_subparsers(dest="command", required=True)
    demo_parser = commands_parser.add_parser("demo", help="start the example site")
    demo_parser.add_argument("--port", type=int, default=8000)
    demo_parser.add_argument("--provider", choices=PROVIDERS, default="file")
    test_parser = commands_parser.add_parser("test", help="run the test suite")
    test_parser.add_argument(
        "environments", nargs="*", help="of tox.ini; all of them by default"
    )
    return parser.parse_args()


def fail(message: str) -> int:
    print(f"dev.py: {message}", file=sys.stderr)
    return 1


def demo(port: int, provider: str) -> int:
    demand_free(port)
    install("example", "-e", f"{TOP}{PROVIDERS[provider]}")
    os.environ["EXAMPLE_PROVIDER"] = provider
    print("Making its history …", flush=True)
    url = f"http://127.0.0.1:{port}/"
    print(run(str(PYTHON), str(MANAGE), "prepare_demo", url), flush=True)
    server = [str(PYTHON), str(MANAGE), "runserver", f"127.0.0.1:{port}"]
    return wait_for(subprocess.Popen(server, cwd=TOP, env=environ()))


def demand_free(port: int) -> None:
    with socket.socket() as attempt:
        # As the server does, or a port that was left a minute ago seems taken.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise Problem(
                f"port {port} cannot be used: {error}."
                " Try another: python dev.py demo --port 8001"
            ) from None


def test(chosen: list[str]) -> int:
    install("tox")
    environments = chosen or tox_environments()
    if os.environ.get("SMS_VERIFICATION_REQUIRE_SERVICES") == "1":
        demand_services()
    left_out = missing(environments)
    running = [name for name in environments if name not in left_out]
    tell(left_out)
    if not running:
        raise Problem("nothing is left to run.")
    tox = [str(PYTHON), "-m", "tox", "run", "-e", ",".join(running)]
    code = wait_for(subprocess.Popen(tox, cwd=TOP, env=environ()))
    tell(left_out)
    return code


def tox_environments() -> list[str]:
    listing = run(str(PYTHON), "-m", "tox", "list", "-d", "--no-desc", "-qq")
    return listing.split()


def missing(environments: list[str]) -> dict[str, str]:
    """Return the environments that cannot run here, each with the reason."""
    reasons = {name: reason for name in environments if (reason := lack(name))}
    if NEEDS_ALL in environments and reasons.keys() & NEEDS.keys():
        reasons[NEEDS_ALL] = "it adds up every database"
    return reasons


def lack(environment: str) -> str | None:
    service, absent = needs(environment), not_installed(environment)
    if service and not reachable(SERVICES[service]):
        return f"{service} does not answer at 127.0.0.1"
    if absent:
        return f"{' and '.join(absent)} cannot be found"
    if (wanted := version(environment)) and not interpreter(wanted):
        return f"no Python {wanted} is found"
    return None


def not_installed(environment: str) -> list[str]:
    return [p for p in PROGRAMS.get(environment, []) if not shutil.which(p)]


def needs(environment: str) -> str | None:
    return next((s for name, s in NEEDS.items() if name in environment), None)


def demand_services() -> None:
    absent = [
        f"{name} (127.0.0.1:{p})" for name, p in SERVICES.items() if not reachable(p)
    ]
    absent += [program for name in PROGRAMS for program in not_installed(name)]
    if absent:
        raise Problem(f"not reachable: {', '.join(absent)}.")


def reachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def version(environment: str) -> str | None:
    """Return the 3.12 of ``py312-…``, or ``None`` where any will do."""
    found = re.match(r"py(\d)(\d+)", environment)
    return ".".join(found.groups()) if found else None


def interpreter(wanted: str) -> bool:
    """Whether tox will find this Python. It asks uv."""
    find = ["python", "find", "--no-python-downloads", wanted]
    return succeeds(str(BIN / "uv"), *find)


def tell(left_out: dict[str, str]) -> None:
    for name, reason in left_out.items():
        print(f"Left out: {name}: {reason}.", flush=True)


def install(group: str, *more: str) -> None:
    """Install a dependency group of pyproject.toml into .venv, once."""
    make_venv()
    pyproject = TOP / "pyproject.toml"
    wanted = pyproject.read_bytes() + " ".join(more).encode()
    digest = hashlib.sha256(wanted).hexdigest()
    stamp = VENV / f".installed-{group}"
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Installing what is needed into {VENV.name} …", flush=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install"]
    run(*pip, *requirements(group), *more)
    stamp.write_text(digest)


def requirements(group: str) -> list[str]:
    # Here, since an older Python must get as far as its message. pip itself reads
    # groups from 25.1 on only.
    import tomllib  # noqa: PLC0415

    with (TOP / "pyproject.toml").open("rb") as file:
        requirements: list[str] = tomllib.load(file)["dependency-groups"][group]
    return requirements


def make_venv() -> None:
    if not VENV.exists():
        print(f"Making {VENV.name} …", flush=True)
        made = subprocess.run(
            [sys.executable, "-m", "venv", VENV],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            raise Problem(
                f"no virtual environment could be made:\n{made.stdout}{made.stderr}"
            )
    if not succeeds(
        str(PYTHON), "-c", "import sys; assert sys.version_info >= (3, 11)"
    ):
        raise Problem(
            f"{VENV} does not run, or its Python is too old. Remove it and try again."
        )


def environ() -> dict[str, str]:
    return {
        **os.environ,
        # Whoever works on a site of their own may have set it to that.
        "DJANGO_SETTINGS_MODULE": "example.settings",
        # An interpreter that is not there is left out, not fetched.
        "UV_PYTHON_DOWNLOADS": "never",
    }


def succeeds(*command: str) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def run(*command: str) -> str:
    """Run a step and return what it printed, or tell all of it if it fails."""
    done = subprocess.run(
        command, cwd=TOP, env=environ(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Problem(f"this failed: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def wait_for(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process that Ctrl-C reaches too, so that it can end in its own way."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


if __name__ == "__main__":
    sys.exit(main())
