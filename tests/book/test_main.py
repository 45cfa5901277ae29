"""``python -m rmt_utils.book`` does what make does: the right commands in the right order, and their exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

from rmt_utils.book import __main__ as book

ROOT = Path(__file__).parents[2]


@pytest.fixture
def called(tmp_path, monkeypatch):
    """A checkout in which chapters and commands are only noted; one that is named in ``failing`` fails."""
    (tmp_path / "_toc.yml").touch()
    (tmp_path / "benchmarks").mkdir()
    for name in ("_claims", "core", "site"):
        (tmp_path / "benchmarks" / f"{name}.py").touch()
    monkeypatch.chdir(tmp_path)
    noted = []
    noted_failing = noted, set()

    def run(command, env=None):
        words = [Path(command[0]).name, *map(str, command[1:])]
        noted.append(" ".join(words))
        failed = any(name in noted[-1] for name in noted_failing[1])
        return subprocess.CompletedProcess(command, 3 if failed else 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(book, "bring_up_to_date", lambda root: noted.append("chapters"))
    monkeypatch.setattr(book, "write_decks", lambda site, figures: noted.append(f"decks {site} {figures}"))
    monkeypatch.setattr(sys, "executable", "/environment/bin/python")
    return noted_failing


BUILD = "jupyter-book build . --builder {} -W -n --keep-going"


@pytest.mark.parametrize(
    ("thing", "commands"),
    [
        ("book", ["chapters", BUILD.format("html")]),
        ("slides", ["chapters", BUILD.format("html"), "decks _build/html figures"]),
        (
            "pdf",
            [
                "python book/chromium.py",
                "chapters",
                BUILD.format("singlehtml"),
                "python book/print_pdf.py _build/singlehtml _build/book.pdf",
            ],
        ),
        ("bench", ["python book/chromium.py", "python benchmarks/core.py", "python benchmarks/site.py"]),
    ],
)
def test_commands_are_those_of_the_thing(called, thing, commands):
    book.main([thing])
    assert called[0] == commands


def test_tests_take_every_core_and_those_with_a_browser_one_process_more(called, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    book.main(["test"])
    tests = "python -m pytest -n 8 --ignore tests/published"
    assert called[0] == ["ruff check", "ruff format --check", tests]
    called[0].clear()
    book.main(["test-published"])
    assert called[0] == ["python book/chromium.py", "python -m pytest -n 9 tests/published"]
    assert (ROOT / book.PUBLISHED).is_dir()


@pytest.mark.parametrize(("thing", "failing"), [("book", "jupyter-book"), ("pdf", "print_pdf"), ("test", "format")])
def test_the_exit_code_of_what_fails_is_passed_on_and_nothing_follows(called, thing, failing):
    called[1].add(failing)
    with pytest.raises(SystemExit) as stop:
        book.main([thing, "lab"])
    assert stop.value.code == 3
    assert failing in called[0][-1]


def test_all_benchmarks_run_even_if_one_fails(called):
    called[1].add("core")
    with pytest.raises(SystemExit) as stop:
        book.main(["bench"])
    assert stop.value.code == 1
    assert called[0][-1] == "python benchmarks/site.py"


def test_figures_of_readme_and_first_page_are_renewed(called):
    for path in book.COVERS.values():
        place = Path("figures", f"{path}.png")
        place.parent.mkdir(parents=True)
        place.write_text(path)
    Path("book", "_static").mkdir(parents=True)
    book.main(["figures"])
    for name, path in book.COVERS.items():
        assert Path("book", "_static", f"{name}.png").read_text() == path
        assert (ROOT / "book" / "_static" / f"{name}.png").exists()


def test_elsewhere_and_for_unknown_things_it_says_what_is_wrong(called, capsys):
    Path("_toc.yml").unlink()
    for things, message in ((["book"], "no _toc.yml here"), (["bok"], "invalid choice: 'bok'")):
        with pytest.raises(SystemExit):
            book.main(things)
        assert message in capsys.readouterr().err


def test_make_calls_the_same_things():
    rules = (ROOT / "Makefile").read_text().split("\n\n")
    called = [rule for rule in rules if "-m rmt_utils.book $@" in rule]
    targets = [line.split(":")[0] for rule in called for line in rule.splitlines() if "$(READY)" in line]
    assert {target for line in targets for target in line.split()} == set(book.COMMANDS)
