"""Binder, conda, the dev container, and the workflows install what pyproject and the lock say.

The files of the first three are written by ``python -m rmt_utils.book environments``.
"""

import contextlib
import json
import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from rmt_utils.book.environments import environments, write

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LEAST = PROJECT["requires-python"].removeprefix(">=")
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
PINNED = {"-r requirements.lock", "-e ."}


def test_the_files_are_those_that_pyproject_makes():
    made = environments((ROOT / "pyproject.toml").read_text())
    assert {name: (ROOT / name).read_text() for name in made} == made, "run python -m rmt_utils.book environments"


def test_another_python_changes_every_file_that_names_one(tmp_path):
    text = (ROOT / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(text.replace(f'">={LEAST}"', '">=3.13"'))
    write(tmp_path)
    for name in ("environment.yml", ".binder/runtime.txt", ".devcontainer/devcontainer.json"):
        changed = (ROOT / name).read_text().replace(LEAST, "3.13")
        assert (tmp_path / name).read_text() == changed
        assert "3.13" in changed


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


def test_what_the_lock_pins_can_be_installed_with_the_first_release_of_the_oldest_python():
    """Such as Debian's 3.11.2. Of packages for another system nothing is known here."""
    refused = []
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        with contextlib.suppress(PackageNotFoundError):
            wanted = metadata(line.split("==")[0]).get("Requires-Python") or ""
            refused += [f"{line} wants {wanted}"] * (not SpecifierSet(wanted).contains(f"{LEAST}.0"))
    assert refused == []
