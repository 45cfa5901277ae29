"""A notebook opened alone gets what it needs: in an empty folder, an environment without the package and an index.

One chapter is really executed so. All of them, which takes minutes: RMT_ALONE=all in the environment.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from conftest import ROOT, copy_book
from repository_address import fill_in, with_repository

import rmt_utils
from rmt_utils.book import runs_of

NOTEBOOKS = {path.stem: nbformat.read(path, as_version=4).cells for path in sorted(ROOT.glob("notebooks/*.ipynb"))}
ALL = os.environ.get("RMT_ALONE") == "all"
CHEAPEST = "07_real_images"
CELL = NOTEBOOKS[CHEAPEST][1].source
ADDRESS = "https://github.com/someone/book"  # which git is told to find on this machine
GIT = ["git", "-c", "user.name=Reader", "-c", "user.email=reader@example.org"]


def test_every_notebook_begins_with_the_same_cell_which_no_page_shows():
    assert {cells[1].source for cells in NOTEBOOKS.values()} == {CELL}
    assert [cells[1].metadata.tags for cells in NOTEBOOKS.values()] == [["remove-cell"]] * len(NOTEBOOKS)


def test_the_cell_installs_the_release_that_the_notebook_is_from():
    (name,) = re.findall(r'^name = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert f'"{name}[book]=={rmt_utils.__version__}"' in CELL
    assert f"https://pypi.org/project/{name}/" in (ROOT / ".github" / "workflows" / "release.yml").read_text()


@pytest.mark.parametrize("repository", ["", "https://example.org/a/b"])
def test_the_cell_changes_nothing_in_a_checkout(monkeypatch, repository):
    monkeypatch.chdir(ROOT / "notebooks")
    monkeypatch.setattr(subprocess, "run", None)
    exec(CELL.replace('repository = ""', f'repository = "{repository}"'), {})
    assert Path.cwd() == ROOT / "notebooks"
    assert runs_of(repository).resolve() == ROOT / "runs"


def test_the_cell_run_twice_goes_no_deeper(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        exec(CELL, {})
    assert Path.cwd() == tmp_path / "book" / "notebooks"


def test_whoever_needs_networks_and_knows_no_repository_is_told_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"address of the book's repository .* or put .* at .*runs"):
        runs_of("", tmp_path / "runs")


def test_a_clone_without_networks_leaves_nothing_behind(tmp_path):
    empty, here = tmp_path / "empty", tmp_path / "here"
    subprocess.run([*GIT, "init", "-q", empty], check=True)
    subprocess.run([*GIT, "-C", empty, "commit", "-q", "--allow-empty", "-m", "Nothing"], check=True)
    here.mkdir()
    with pytest.raises(FileNotFoundError):
        runs_of(empty.as_uri(), here / "runs")
    assert list(here.iterdir()) == []


def test_the_site_offers_notebooks_with_the_address_and_only_where_it_is_known(tmp_path):
    pages = tmp_path / "_sources" / "notebooks"
    for address in (None, "https://github.com/a/b"):
        pages.mkdir(parents=True, exist_ok=True)
        (pages / "02_kappa.ipynb").write_bytes((ROOT / "notebooks" / "02_kappa.ipynb").read_bytes())
        options = {"repository_url": address}
        fill_in(SimpleNamespace(outdir=tmp_path, config=SimpleNamespace(html_theme_options=options)), None)
        cell = nbformat.read(pages / "02_kappa.ipynb", as_version=4).cells[1].source
        assert f'repository = "{address or ""}"' in cell


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """The book as it is here, committed; of the trained networks one alone where no notebook will ask for them."""
    folder = tmp_path_factory.mktemp("repository") / "book"
    copy_book(folder)
    if not ALL:
        for path in sorted(folder.glob("runs/*"))[2:]:  # every clone would carry them
            path.unlink()
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "The book"]):
        subprocess.run([*GIT, "-C", folder, *command], check=True)
    return folder


@pytest.fixture(scope="module")
def index(repository):
    """Address of an index of packages which has this one alone, as a wheel built from the book as it is here."""
    page = repository.parent / "simple" / "rmt-utils" / "index.html"
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", page.parent]
    subprocess.run([*build, repository], check=True)
    (wheel,) = page.parent.glob("*.whl")
    page.write_text(f'<!DOCTYPE html><a href="{wheel.name}">{wheel.name}</a>')
    return page.parents[1].as_uri()


@pytest.fixture
def reader(repository, index, tmp_path):
    """Run Python in an empty folder and a fresh environment, which has no package of ours: reader(arguments...)."""
    fresh, empty = tmp_path / "fresh", tmp_path / "empty"
    venv.create(fresh)
    python, here = fresh / Path(sys.executable).relative_to(sys.prefix), Path(sysconfig.get_path("purelib"))
    # In place of other packages' indexes: all packages of this environment.
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    for part in here.iterdir():
        if "rmt_utils" not in part.name:
            (libraries / part.name).symlink_to(part)
    (fresh / here.relative_to(sys.prefix) / "here.pth").write_text(str(libraries))
    empty.mkdir()
    settings = {key: value for key, value in os.environ.items() if key != "PYTHONPATH" and key[:4] != "PIP_"}
    settings |= {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": index, "PIP_NO_BUILD_ISOLATION": "0"}
    settings["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    settings |= {"GIT_CONFIG_KEY_0": f"url.{repository.as_uri()}.insteadOf", "GIT_CONFIG_VALUE_0": ADDRESS}
    settings |= {"GIT_CONFIG_COUNT": "1", "JUPYTER_DATA_DIR": str(tmp_path / "none")}

    def run(*arguments):
        return subprocess.run([python, *arguments], cwd=empty, env=settings, capture_output=True, text=True)

    assert "No module named 'rmt_utils'" in run("-c", "import rmt_utils").stderr
    yield run
    assert str(fresh) in run("-c", "import rmt_utils; print(rmt_utils.__file__)").stdout


def test_where_the_repository_is_known_package_and_networks_are_from_there(reader, repository, tmp_path):
    cell = CELL.replace('repository = ""', f'repository = "{ADDRESS}"')
    done = reader("-c", f"{cell}\nfrom rmt_utils.book import runs_of; print(len(list(runs_of(repository).iterdir())))")
    assert done.stdout.strip() == str(len(list((repository / "runs").iterdir()))), done.stderr
    assert [path.name for path in (tmp_path / "empty" / "book").iterdir()] == ["notebooks", "runs"]
    asked = "from importlib.metadata import distribution as of; print(of('rmt_utils').read_text('direct_url.json'))"
    assert json.loads(reader("-c", asked).stdout)["url"] == ADDRESS


@pytest.mark.parametrize("name", NOTEBOOKS if ALL else [CHEAPEST])
def test_a_notebook_runs_alone_in_a_fresh_environment(name, reader, tmp_path):
    text = (ROOT / "notebooks" / f"{name}.ipynb").read_text()
    if name == "06_training_time":  # needs trained networks also with quick settings
        text = with_repository(text, ADDRESS)
    (tmp_path / "empty" / f"{name}.ipynb").write_text(text)
    parameters = {"profile": "quick"} | ({"source": "digits"} if name == "09_your_dataset" else {})  # a reader's own
    execute = f"import papermill; papermill.execute_notebook('{name}.ipynb', 'out.ipynb', {parameters})"
    done = reader("-c", execute)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    record = json.loads((tmp_path / "empty" / "book" / "figures" / name / "manifest.json").read_text())
    assert record["profile"] == "quick"
    assert record["figures"]
