"""A chapter is run again when, and only when, its results could have changed; Jupyter Book finds what came out."""

import json
import os
from functools import partial

import nbformat
import pytest
from conftest import ROOT
from jupyter_cache.base import CacheBundleIn
from meeting import meet
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from rmt_utils.book import chapters, sources
from rmt_utils.book.chapters import bring_up_to_date
from rmt_utils.book.notebooks import LONGEST_FIRST, report, side_by_side

CODE = """from pathlib import Path
import os
folder = Path("../figures/{name}")
folder.mkdir(parents=True, exist_ok=True)
_ = (folder / "manifest.json").write_text("{name}")
print(os.environ["OMP_NUM_THREADS"])
{more}"""


def write(root, name, more="", prose="Text"):
    cells = [new_markdown_cell(prose), new_code_cell(CODE.format(name=name, more=more))]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    path = root / "notebooks" / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Two chapters; b uses a toy package. They run in this process, one after another, one fails if told to."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "numbers.py").write_text("answer = 42\n")
    (tmp_path / "requirements.lock").write_text("numpy==2\n")
    monkeypatch.setattr(chapters, "fingerprint", partial(sources.fingerprint, package=tmp_path / "toy"))
    monkeypatch.setattr(chapters, "execute", execute)
    monkeypatch.setattr(chapters, "side_by_side", lambda run, paths: [(path, 1.5, run(path)) for path in paths])
    write(tmp_path, "a")
    write(tmp_path, "b", "from toy.numbers import answer")
    return tmp_path


def execute(path):
    """In place of a kernel: the output is what the toy package says."""
    notebook = nbformat.read(path, as_version=4)
    if "1 / 0" in notebook.cells[1].source:
        return ZeroDivisionError("division by zero")
    folder = path.parents[1] / "figures" / path.stem
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(path.stem)
    text = (path.parents[1] / "toy" / "numbers.py").read_text()
    notebook.cells[1].outputs = [new_output("stream", text=text)]
    return notebook


def output(path):
    """What the cache gives Jupyter Book for a notebook, and the seconds it names."""
    notebook = nbformat.read(path, as_version=4)
    with chapters.opened(path.parents[1]) as cache:
        seconds = cache.match_cache_notebook(notebook).data["execution_seconds"]
        _, merged = cache.merge_match_into_notebook(notebook)
    return merged.cells[1].outputs[0].text, seconds


def test_chapters_run_again_only_where_what_they_use_has_changed(checkout):
    assert bring_up_to_date(checkout) == ["a", "b"]
    assert output(checkout / "notebooks" / "b.ipynb") == ("answer = 42\n", 1.5)
    assert bring_up_to_date(checkout) == []

    page = checkout / "_build" / ".doctrees" / "notebooks" / "b.doctree"
    page.parent.mkdir(parents=True)
    page.touch()
    (checkout / "toy" / "numbers.py").write_text("answer = 43\n")
    assert bring_up_to_date(checkout) == ["b"]
    assert output(checkout / "notebooks" / "b.ipynb")[0] == "answer = 43\n"
    assert not page.exists()  # so that Sphinx reads the notebook again

    write(checkout, "a", prose="Other text")
    assert bring_up_to_date(checkout) == []
    write(checkout, "a", "x = 1")
    (checkout / "figures" / "b" / "manifest.json").write_text("of another run")
    (checkout / "figures" / "gone").mkdir()
    assert bring_up_to_date(checkout) == ["a", "b"]
    assert (checkout / "figures" / "b" / "manifest.json").read_text() == "b"
    assert not (checkout / "figures" / "gone").exists()


def test_a_chapter_that_fails_does_not_stop_the_others_and_is_run_again(checkout, capsys):
    write(checkout, "b", "1 / 0")
    for run in (["a", "b"], ["b"]):
        with pytest.raises(SystemExit, match="Not run to the end: b"):
            bring_up_to_date(checkout)
        printed = capsys.readouterr()
        assert "ZeroDivisionError" in printed.err
        assert ("a.ipynb: 1.5 s" in printed.out) is ("a" in run)
    assert output(checkout / "notebooks" / "a.ipynb")[0] == "answer = 42\n"


def test_a_notebook_runs_in_its_folder_with_one_thread_and_is_found_by_its_code(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    (tmp_path / "notebooks").mkdir()
    path = write(tmp_path, "a")
    ((_, seconds, executed),) = side_by_side(chapters.execute, [path])
    assert (tmp_path / "figures" / "a" / "manifest.json").exists()
    assert executed.cells[1].outputs[0].text == "1\n"
    assert seconds > 0
    with chapters.opened(tmp_path) as cache:
        cache.cache_notebook_bundle(CacheBundleIn(executed, "a"), check_validity=False)
        assert cache.match_cache_notebook(nbformat.read(path, as_version=4)).uri == "a"


def test_as_many_run_at_once_as_there_are_cores_with_one_thread_each(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    paths = [tmp_path / name for name in "ab"]
    found = {path.name: json.loads(text) for path, _, text in report(side_by_side(meet, paths))}
    assert found["a"]["met"] == found["b"]["met"] == ["a", "b"]
    assert found["a"]["process"] != found["b"]["process"]
    assert found["a"]["threads"] == "1"


def test_every_chapter_has_its_place_in_the_order():
    assert sorted(LONGEST_FIRST) == sorted(path.stem.split("_")[0] for path in ROOT.glob("notebooks/*.ipynb"))
