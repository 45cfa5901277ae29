"""No symbol before its definition: the formulas of the chapters against the table of the notation page."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHAPTERS = {int(path.stem[:2]): path for path in sorted((ROOT / "notebooks").glob("0*.ipynb"))}
TABLE = (ROOT / "book" / "notation.md").read_text().split("## Where a symbol is first defined")[1]
ROW = re.compile(r"^\| (\S.*?) \| (\d) \| .+ \|$", re.MULTILINE)
# what arranges symbols, or is read the same by everyone
COMMON = {
    *("frac", "tfrac", "sqrt", "sum", "int", "left", "right", "big", "Big", "quad", "qquad", "underbrace", "text"),
    *("approx", "simeq", "propto", "ge", "le", "gg", "ll", "ne", "to", "Rightarrow", "infty", "cdot", "times", "pm"),
    *("top", "lVert", "rVert", "dots", "log", "exp", "arctan", "cos", "sin", "tan", "mathbb", "mathrm"),
}
FORMULA = re.compile(r"\$\$(.*?)\$\$|(?<!\\)\$(.+?)(?<!\\)\$", re.DOTALL)
ACCENT = re.compile(r"\\(hat|bar)\s*\{?(\\[A-Za-z]+|[A-Za-z])\}?")


def symbols(formula):
    r"""Letters, Greek ones as ``\kappa``, with their accents ``\hat \Sigma``, and upright names such as ``df``."""
    formula = re.sub(r"\\(text|begin|end)\{[^}]*\}", "", formula)
    accented = {f"\\{accent} {letter}" for accent, letter in ACCENT.findall(formula)}
    formula = ACCENT.sub(" ", formula)
    upright = set(re.findall(r"\\mathrm\{(\w+)\}", formula))
    formula = re.sub(r"\\mathrm\{\w+\}", " ", formula)
    commands = {f"\\{name}" for name in re.findall(r"\\([A-Za-z]+)", formula) if name not in COMMON}
    return accented | upright | commands | set(re.findall(r"[A-Za-z]", re.sub(r"\\[A-Za-z]+", " ", formula)))


def used(path):
    """Symbols in the formulas of a chapter's prose, without its exercises."""
    cells = json.loads(path.read_text())["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    text = re.sub(r"\{glue:text\}`[^`]*`|```.*?```", "", text.split("## Exercises")[0], flags=re.DOTALL)
    return set().union(*(symbols(display or inline) for display, inline in FORMULA.findall(text)))


DEFINED = [(symbol, int(chapter)) for row, chapter in ROW.findall(TABLE) for symbol in symbols(row.replace("$", " "))]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_symbol_is_defined_there_or_earlier(chapter):
    known = {symbol for symbol, where in DEFINED if where <= chapter}
    assert used(CHAPTERS[chapter]) - known == set()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_is_said_to_be_defined_there_is_first_used_there(chapter):
    here = {symbol for symbol, where in DEFINED if where == chapter}
    earlier = set().union(*(used(path) for number, path in CHAPTERS.items() if number < chapter))
    assert here - used(CHAPTERS[chapter]) == set()
    assert here & earlier == set()


def test_symbols_of_a_formula():
    assert symbols(r"\hat\Sigma^{1/2}\bar x\simeq\mathrm{df}_1(\kappa)") == {
        "\\hat \\Sigma",
        "\\bar x",
        "df",
        "\\kappa",
    }
