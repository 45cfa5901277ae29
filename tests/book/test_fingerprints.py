"""What a chapter is made of is found from its imports, and nothing else counts."""

import json
from pathlib import Path

import pytest

from rmt_utils.book.sources import PACKAGE, fingerprint, used_files

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
FILES = {
    "toy/__init__.py": "from toy.laws import law\nfrom toy.other import thing as renamed\n",
    "toy/laws.py": "from toy import numbers\ndef law():\n    from toy.deep import late\n",
    "toy/numbers.py": "import math\n",
    "toy/other.py": "def thing(): pass\n",
    "toy/deep/__init__.py": "from toy.deep.late import something\ndef own(): pass\n",
    "toy/deep/late.py": "import toy.plain\n",
    "toy/plain.py": "from toy.laws import law\n",
    "toy/plain.csv": "1,2\n",
    "toy/nets/__init__.py": "",
    "toy/nets/runs.py": "",
}


@pytest.fixture
def toy(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "requirements.lock").write_text("numpy==2\n")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "one.json").write_text("{}")
    return tmp_path / "toy"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import numpy", ""),
        ("from toy import renamed", "other.py"),
        ("from toy.other import thing", "other.py"),
        ("from toy import other", "other.py"),
        ("import toy.other as other", "other.py"),
        ("from toy.plain import law", "deep/late.py laws.py numbers.py plain.csv plain.py"),
        ("def f():\n    from toy.numbers import pi", "numbers.py"),
        ("from toy.deep import own", "deep/__init__.py deep/late.py laws.py numbers.py plain.csv plain.py"),
        ("import toy", "__init__.py deep/late.py laws.py numbers.py other.py plain.csv plain.py"),
    ],
)
def test_imports_are_followed_to_the_files_they_need(toy, code, found):
    assert sorted(path.relative_to(toy).as_posix() for path in used_files(code, toy)) == found.split()


def write(root, source):
    path = root / "notebooks" / "a.ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": [source]}]}))
    return path


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("toy/numbers.py", True),
        ("toy/plain.csv", True),
        ("requirements.lock", True),
        ("toy/other.py", False),
        ("toy/__init__.py", False),
        ("runs/one.json", False),
    ],
)
def test_a_change_of_a_file_counts_where_the_chapter_uses_it(toy, name, counts):
    path = write(toy.parent, "from toy import law")
    before = fingerprint(path, toy)
    with open(toy.parent / name, "a") as file:
        file.write("\n")
    assert (fingerprint(path, toy) != before) is counts


def test_records_of_networks_count_where_they_are_read(toy):
    path = write(toy.parent, "from toy.nets import runs")
    before = fingerprint(path, toy)
    (toy.parent / "runs" / "two.json").write_text("{}")
    assert fingerprint(path, toy) != before


def test_no_chapter_uses_modules_that_are_imported_by_a_string():
    """These could not be found in the source."""
    for notebook in NOTEBOOKS:
        cells = json.loads(notebook.read_text())["cells"]
        files = used_files("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"))
        assert PACKAGE / "style.mplstyle" in files
        hidden = [path.name for path in files for word in ("import_module", "__getattr__") if word in path.read_text()]
        assert hidden == []
