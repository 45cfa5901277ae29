"""The package as its users meet it."""

import re
import subprocess
import sys
from pathlib import Path

import rmt_utils

ROOT = Path(__file__).parents[1]


def test_import_needs_numpy_and_scipy_only():
    code = (
        "import sys, rmt_utils; print(*sorted({name.split('.')[0] for name in sys.modules}"
        " & {'torch', 'matplotlib', 'sklearn', 'skimage', 'PIL', 'platformdirs', 'papermill', 'myst_nb', 'pandas'}))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_public_names_exist_and_say_what_they_do():
    for name in rmt_utils.__all__:
        assert len(getattr(rmt_utils, name).__doc__) > 80, name


def test_readme_example_runs():
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    printed = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in printed.splitlines() if line[0].isdigit()] == ["300", "3000", "30000"]


def test_the_project_stands_alone():
    """Nothing that is shipped reaches beside the project or names a path of one machine."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=True).stdout
    for name in listed.split():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".ipynb", ".yml", ".toml", ".cff", ""} and path.is_file():
            text = path.read_text(errors="ignore")
            assert not any(word in text for word in ("../" + "shared", "/" + "work/", "/" + "root/")), name
