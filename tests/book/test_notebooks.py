"""Every chapter runs from top to bottom, and is written as the book and its tools expect."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_notebook

from rmt_utils.book.notebooks import main, run_notebook

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def write_notebook(path, *cells, parameters='profile = "book"\nfigures_dir = "../figures"'):
    """A notebook in `path` with a parameters cell, unless `parameters` is None, and the given cells."""
    first = [new_code_cell(parameters, metadata={"tags": ["parameters"]})] if parameters else []
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(new_notebook(cells=[*first, *map(new_code_cell, cells)], metadata={"kernelspec": kernel}), path)
    return path


@each_notebook
def test_runs_with_quick_profile(path, quick_book):
    if path.stem in quick_book.failures:
        pytest.fail(quick_book.failures[path.stem], pytrace=False)


@each_notebook
def test_quick_run_recorded_what_it_drew(path, quick_book):
    folder = quick_book.root / "figures" / path.stem
    record = json.loads((folder / "manifest.json").read_text())
    assert (record["notebook"], record["profile"]) == (path.stem, "quick")
    recorded = {name: digest for figure in record["figures"] for name, digest in figure["files"].items()}
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}
    del found["manifest.json"]
    assert recorded == found
    shown = [name for _, name in figures(path)]
    assert shown == [figure["name"] for figure in record["figures"]]


@each_notebook
def test_parameters_are_the_agreed_ones(path):
    parameters = papermill.inspect_notebook(path)
    assert {name: parameters[name]["default"] for name in ("profile", "figures_dir")} == {
        "profile": '"book"',
        "figures_dir": '"../figures"',
    }


@each_notebook
def test_figures_are_captioned_and_described(path):
    for settings, name in figures(path):
        assert name.startswith("fig-")
        assert settings["figure"]["caption"], name
        assert len(settings["image"]["alt"]) > 20, name


def test_committed_without_outputs():
    command = [sys.executable, "-m", "nbstripout", "--keep-id", "--verify", *NOTEBOOKS]
    check = subprocess.run(command, capture_output=True, text=True)
    assert check.returncode == 0, f"run nbstripout --keep-id notebooks/*.ipynb\n{check.stdout}{check.stderr}"


def test_contents_list_all_notebooks_in_order():
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
    listed = [chapter["file"] for part in parts for chapter in part["chapters"]]
    assert [page for page in listed if page.startswith("notebooks/")] == [
        f"notebooks/{path.stem}" for path in NOTEBOOKS
    ]


def test_parameters_reach_the_notebook_and_its_folder_is_the_current_one(tmp_path):
    path = write_notebook(tmp_path / "a.ipynb", "import os", "print(profile, os.getcwd())")
    run_notebook(path, tmp_path / "out.ipynb", profile="quick")
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert executed.cells[-1].outputs[0].text.strip() == f"quick {tmp_path}"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.ipynb", "out.ipynb"]


def test_command_line_runs_all_notebooks_here(tmp_path, monkeypatch, capfd):
    (tmp_path / "notebooks").mkdir()
    write_notebook(tmp_path / "notebooks" / "a.ipynb", "open(f'{figures_dir}/{profile}', 'x').close()")
    (tmp_path / "drawn").mkdir()
    monkeypatch.chdir(tmp_path)
    main(["--profile", "quick", "--figures", "drawn", "--output", "executed"])
    assert (tmp_path / "drawn" / "quick").exists()
    assert (tmp_path / "executed" / "a.ipynb").exists()
    said = capfd.readouterr()
    assert said.out.startswith("notebooks/a.ipynb: ")
    assert said.err == ""


def test_command_line_needs_notebooks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main([])


def test_error_in_a_cell_is_raised_and_nothing_written(tmp_path):
    path = write_notebook(tmp_path / "a.ipynb", "1 / 0")
    with pytest.raises(papermill.PapermillExecutionError, match="ZeroDivisionError"):
        run_notebook(path, tmp_path / "out.ipynb", profile="quick")
    assert [file.name for file in tmp_path.iterdir()] == ["a.ipynb"]


def test_unknown_parameter_is_refused(tmp_path):
    path = write_notebook(tmp_path / "a.ipynb")
    with pytest.raises(ValueError, match=r"profile, figures_dir in a\.ipynb, got profil$"):
        run_notebook(path, profil="quick")


def test_notebook_without_parameters_is_refused(tmp_path):
    path = write_notebook(tmp_path / "a.ipynb", "1 + 1", parameters=None)
    with pytest.raises(ValueError, match="path must name a notebook with a cell tagged 'parameters'"):
        run_notebook(path)


def figures(path):
    """(cell's myst-nb settings, figure's name) of each figure cell of a notebook."""
    settings = [cell.metadata.get("mystnb", {}) for cell in nbformat.read(path, as_version=4).cells]
    return [(setting, setting["figure"]["name"]) for setting in settings if "figure" in setting]


@each_notebook
def test_readme_lists_every_figure(path):
    readme = (ROOT / "README.md").read_text()
    assert [name for _, name in figures(path) if f"(`{name}`)" not in readme] == []
