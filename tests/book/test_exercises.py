"""Every exercise has a folded solution, and the code of every solution runs as it stands and asserts what it shows."""

import ast
import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
WITHOUT = {"09_your_dataset", "a1_real_images"}  # a tool, and an appendix
CHAPTERS = [path for path in NOTEBOOKS if path.stem not in WITHOUT]
EXERCISE = re.compile(r"^\*\*Exercise (\d\.\d)\*\*(.*?)^:::\{dropdown\} Solution\n(.*?)^:::$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def prose(path):
    """The text of a chapter's markdown cells, in order."""
    cells = json.loads(path.read_text())["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


SOLUTIONS = {number: solution for path in CHAPTERS for number, _, solution in EXERCISE.findall(prose(path))}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_exercises_are_numbered_and_each_is_followed_by_its_solution(path):
    text = prose(path).split("## Exercises", 1)[1]
    found = EXERCISE.findall(text)
    assert len(found) >= 4
    assert [number for number, *_ in found] == [f"{int(path.stem[:2])}.{k}" for k in range(1, len(found) + 1)]
    assert len(re.findall(r"^\*\*Exercise", text, re.MULTILINE)) == text.count("{dropdown}") == len(found)
    assert all(":::" not in question for _, question, _ in found)


@pytest.mark.parametrize("number", SOLUTIONS)
def test_code_of_the_solution_runs_alone_and_asserts(number):
    (code,) = CODE.findall(SOLUTIONS[number])
    tree = ast.parse(code)
    assert any(isinstance(node, ast.Assert) for node in ast.walk(tree))
    exec(compile(tree, f"exercise {number}", "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_chapter_opens_with_its_summary(path):
    first = "".join(json.loads(path.read_text())["cells"][0]["source"])
    (box,) = re.findall(r"^:::\{admonition\} In this chapter\n(.*?)^:::$", first + "\n", re.DOTALL | re.MULTILINE)
    assert 3 <= len(re.findall(r"^- \*\w+:\*", box, re.MULTILINE)) <= 5
    assert box in first.split("**What would refute it.**")[1]
