"""What GitHub runs: actions pinned by hash, few permissions, and every step's script runs here.

make prints what it would do in place of doing it; gh, pip and build are stood in for. That the files are valid is for
actionlint and zizmor to say.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
STEPS = {
    f"{path.stem}-{name}-{number}": (step["run"], job.get("env", {}) | step.get("env", {}))
    for path in WORKFLOWS
    for name, job in yaml.safe_load(path.read_text())["jobs"].items()
    for number, step in enumerate(job["steps"])
    if "run" in step
}
STAND_INS = {
    "make": f'#!/bin/sh\nexec {shutil.which("make")} -n "$@"\n',
    "python": '#!/bin/sh\necho "python $*" >> called\n',
    "gh": '#!/bin/sh\necho "gh $*" >> called\n[ "$2" != list ] || echo "$KNOWN"\n',
}


@each_workflow
def test_actions_are_pinned_by_hash_and_name_their_version(path):
    uses = re.findall(r"uses: (.*)", path.read_text())
    wrong = [action for action in uses if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)]
    assert wrong == []


@each_workflow
def test_permissions_are_given_to_jobs_alone(path):
    assert yaml.safe_load(path.read_text())["permissions"] == {}


def run(step, folder, **environment):
    """Run a step's script in `folder`, a checkout, with GitHub's shell; what it called, line by line."""
    script, variables = STEPS[step]
    (folder / "bin").mkdir()
    for name, text in STAND_INS.items():
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    variables = {name: re.sub(r"\$\{\{.*?\}\}", "expression", value) for name, value in variables.items()}
    variables |= {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", **environment}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=folder, env=os.environ | variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    called = folder / "called"
    return done.stdout + (called.read_text() if called.exists() else "")


@pytest.mark.skipif(sys.platform == "win32", reason="GitHub runs the steps on Linux and macOS")
@pytest.mark.parametrize("step", STEPS)
def test_every_step_runs(tmp_path, step):
    said = run(step, tmp_path, KNOWN="0")
    for target in ("test", "book", "pdf"):
        if re.search(rf"make .*\b{target}\b", STEPS[step][0]):
            assert f".venv/bin/python -m rmt_utils.book {target}" in said


@pytest.mark.parametrize(("known", "opened"), [("0", 1), ("1", 0)])
def test_one_issue_is_opened_however_often_the_newest_versions_fail(tmp_path, known, opened):
    said = run("newest-report-0", tmp_path, KNOWN=known)
    assert said.count("gh issue create --title The book does not run") == opened


def test_all_supported_versions_of_python_are_tested():
    matrix = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())["jobs"]["tests"]["strategy"]["matrix"]
    least = re.search(r'requires-python = ">=(3\.\d+)"', (ROOT / "pyproject.toml").read_text())[1]
    assert matrix["python"] == [least, "3.12", "3.13", "3.14"]
