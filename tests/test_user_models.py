"""The tests of a host's own user model, each with a database of its own.

Tables point at ``AUTH_USER_MODEL``, which nobody can change in a running process.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.user_models.conftest import MODELS


@pytest.mark.parametrize("model", sorted(MODELS))
def test_all_holds_for_a_user_model_of_the_host_s(model: str) -> None:
    # What the outer run was told of its plugins and workers is not for the inner.
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    name = os.environ.get("DATABASE_NAME", "sms_verification")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    suffix = model.rpartition(".")[2].lower()
    env |= {"USER_MODEL": model, "DATABASE_NAME": f"{name}_{suffix}_{worker}"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--create-db", "tests/user_models/"],
        check=False,
        capture_output=True,
        text=True,
        env=env,
        cwd=os.path.dirname(os.path.dirname(__file__)),
        timeout=300,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
