"""Binder, conda, the dev container, and the workflows install what pyproject and the lock say."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LEAST = PROJECT["requires-python"].removeprefix(">=")
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
PINNED = {"-r requirements.lock", "-e ."}


def test_conda_has_the_python_and_the_pinned_packages():
    *packages, pip = CONDA["dependencies"]
    assert packages == [f"python={LEAST}", "pip"]
    assert set(pip["pip"]) == PINNED
    assert CONDA["name"] == PROJECT["name"]


def test_binder_has_the_python_and_the_pinned_packages():
    """As repo2docker reads them: requirements relative to their file, `-e` to the repository."""
    assert (ROOT / ".binder" / "runtime.txt").read_text().strip() == f"python-{LEAST}"
    lines = (ROOT / ".binder" / "requirements.txt").read_text().splitlines()
    assert lines == ["-r ../requirements.lock", "-e ."]


def test_dev_container_has_the_python_and_what_make_installs():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert container["image"].endswith(f"/python:{LEAST}")
    assert container["postCreateCommand"] == "make .venv/ready"
    assert re.search(r"^READY := \.venv/ready$", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_lock_pins_every_package_that_pyproject_asks_for():
    pinned = {line.split("==")[0].lower() for line in (ROOT / "requirements.lock").read_text().splitlines()}
    wanted = [*PROJECT["dependencies"], *(one for extra in PROJECT["optional-dependencies"].values() for one in extra)]
    names = {re.match(r"[\w.-]+", requirement)[0].lower() for requirement in wanted} - {PROJECT["name"]}
    assert names - pinned == set()


@pytest.mark.parametrize("name", ["book", "release"])
def test_workflows_that_need_one_python_take_the_oldest(name):
    text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text()
    assert re.findall(r'python-version: "(.*)"', text) == [LEAST]
