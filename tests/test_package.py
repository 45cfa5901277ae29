"""The package as its users meet it."""

import inspect
import re
import subprocess
import sys
import tomllib
import typing
from pathlib import Path

from conftest import copy_book

import rmt_utils
from rmt_utils import annotations
from rmt_utils.theory import spectrum
from rmt_utils.theory.population import samples

ROOT = Path(__file__).parents[1]


def test_import_needs_numpy_and_scipy_only():
    code = (
        "import sys, rmt_utils; print(*sorted({name.split('.')[0] for name in sys.modules}"
        " & {'torch', 'matplotlib', 'sklearn', 'skimage', 'PIL', 'platformdirs', 'papermill', 'myst_nb', 'pandas'}),"
        " *{'scipy.stats', 'scipy.interpolate'} & set(sys.modules))"  # which would double the time it takes
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_public_names_exist_and_say_what_they_do():
    for name in rmt_utils.__all__:
        assert len(getattr(rmt_utils, name).__doc__) > 80, name


def test_readme_example_runs():
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    printed = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in printed.splitlines() if line[0].isdigit()] == ["300", "3000", "30000"]


def test_no_file_names_the_place_of_this_checkout(tmp_path):
    copy_book(tmp_path / "book")
    paths = [path for path in (tmp_path / "book").rglob("*") if path.is_file()]
    assert paths
    assert [path.name for path in paths if str(ROOT).encode() in path.read_bytes()] == []


def test_public_functions_say_the_types_of_all_they_take_and_give():
    assert (ROOT / "rmt_utils" / "py.typed").is_file()
    functions = [name for name in rmt_utils.__all__ if inspect.isfunction(getattr(rmt_utils, name))]
    assert len(functions) > 25
    for name in functions:
        function = getattr(rmt_utils, name)
        wanted = {*inspect.signature(function).parameters, "return"}
        found = typing.get_type_hints(function, localns=vars(annotations) | vars(spectrum) | vars(samples))
        assert set(found) == wanted, name


def test_the_metadata_have_the_version_and_all_files():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "rmt_utils.__version__"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", rmt_utils.__version__)
    assert project["tool"]["setuptools"]["package-data"]["rmt_utils"] == ["py.typed", "style.mplstyle"]
    assert f"version: {rmt_utils.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_other_environments_can_have_what_it_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    for requirement in [*project["dependencies"], *(one for extra in extras for one in extra)]:
        assert "==" not in requirement
        assert ">=" in requirement or requirement.startswith("rmt_utils[")
