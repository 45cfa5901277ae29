"""A notebook opened alone gets the book that it is from: in an empty folder and an environment without the package.

One chapter is really executed so. All of them, which takes minutes: RMT_ALONE=all in the environment.
"""

import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from conftest import ROOT, copy_book
from repository_address import fill_in, with_source

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHEAPEST = "07_real_images"
CELLS = {path.stem: nbformat.read(path, as_version=4).cells[1] for path in NOTEBOOKS}
CELL = CELLS[CHEAPEST].source


def test_every_notebook_begins_with_the_same_cell_which_no_page_shows():
    assert {cell.source for cell in CELLS.values()} == {CELL}
    assert [cell.metadata.tags for cell in CELLS.values()] == [["remove-cell"]] * len(NOTEBOOKS)


def test_the_cell_changes_nothing_in_a_checkout(monkeypatch):
    monkeypatch.chdir(ROOT / "notebooks")
    monkeypatch.setattr(subprocess, "run", None)
    exec(CELL.replace('source = ""', 'source = "https://example.org/a/b"'), {})
    assert Path.cwd() == ROOT / "notebooks"


def test_without_package_and_address_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="Write the book's address above"):
        exec(CELL, {})


def test_the_site_offers_notebooks_with_the_address_and_only_where_it_is_known(tmp_path):
    pages = tmp_path / "_sources" / "notebooks"
    for address in (None, "https://github.com/a/b"):
        pages.mkdir(parents=True, exist_ok=True)
        (pages / "02_kappa.ipynb").write_bytes((ROOT / "notebooks" / "02_kappa.ipynb").read_bytes())
        options = {"repository_url": address}
        fill_in(SimpleNamespace(outdir=tmp_path, config=SimpleNamespace(html_theme_options=options)), None)
        cell = nbformat.read(pages / "02_kappa.ipynb", as_version=4).cells[1].source
        assert f'source = "{address or ""}"' in cell


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """The book as it is here, committed."""
    folder = tmp_path_factory.mktemp("repository") / "book"
    copy_book(folder)
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "The book"]):
        name = ["-c", "user.name=Reader", "-c", "user.email=reader@example.org"]
        subprocess.run(["git", "-C", folder, *name, *command], check=True)
    return folder


@pytest.mark.parametrize("name", CELLS if os.environ.get("RMT_ALONE") == "all" else [CHEAPEST])
def test_a_notebook_runs_alone_in_a_fresh_environment(name, repository, tmp_path):
    fresh, empty = tmp_path / "fresh", tmp_path / "empty"
    venv.create(fresh)
    python, here = fresh / Path(sys.executable).relative_to(sys.prefix), Path(sysconfig.get_path("purelib"))
    # In place of an index: all packages of this environment but the editable ones, whose own .pth files do not count.
    (fresh / here.relative_to(sys.prefix) / "here.pth").write_text(str(here))
    empty.mkdir()
    text = with_source((ROOT / "notebooks" / f"{name}.ipynb").read_text(), repository.as_uri())
    (empty / f"{name}.ipynb").write_text(text)
    settings = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "JUPYTER_DATA_DIR": str(tmp_path / "none")}
    settings |= {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def run(*code):
        return subprocess.run([python, *code], cwd=empty, env=settings, capture_output=True, text=True)

    assert "No module named 'rmt_utils'" in run("-c", "import rmt_utils").stderr
    parameters = {"profile": "quick"} | ({"source": "digits"} if name == "09_your_dataset" else {})  # a reader's own
    execute = f"import papermill; papermill.execute_notebook('{name}.ipynb', 'out.ipynb', {parameters})"
    done = run("-c", execute)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert str(fresh) in run("-c", "import rmt_utils; print(rmt_utils.__file__)").stdout
    record = json.loads((empty / "book" / "figures" / name / "manifest.json").read_text())
    assert record["profile"] == "quick"
    assert record["figures"]
