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


def test_no_file_names_the_place_of_this_checkout():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split() if (ROOT / name).is_file()]
    assert paths
    assert [path.name for path in paths if str(ROOT).encode() in path.read_bytes()] == []
