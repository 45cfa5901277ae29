"""Where else the book runs: the files of conda, Binder and the dev container, written from ``pyproject.toml``."""

import json
import tomllib
from pathlib import Path

from rmt_utils.files import write_file

CONDA = """# conda env create -f environment.yml; then python -m rmt_utils.book book
name: {name}
channels: [conda-forge]
dependencies:
  - python={python}
  - pip
  - pip:
      - -r requirements.lock
      - -e .
"""


def environments(pyproject):
    """{path in the checkout: content} of every such file, for the oldest Python and the packages that are pinned.

    pyproject: text of ``pyproject.toml``, of which name and ``requires-python`` count.

    >>> files = environments('[project]\\nname = "a"\\nrequires-python = ">=3.11"')
    >>> files[".binder/runtime.txt"]
    'python-3.11\\n'
    """
    project = tomllib.loads(pyproject)["project"]
    python = project["requires-python"].removeprefix(">=")
    container = {
        "name": "Why diffusion models agree",
        "image": f"mcr.microsoft.com/devcontainers/python:{python}",
        "postCreateCommand": "make .venv/ready",
        "customizations": {
            "vscode": {
                "extensions": ["ms-python.python", "ms-toolsai.jupyter", "charliermarsh.ruff"],
                "settings": {"python.defaultInterpreterPath": ".venv/bin/python"},
            }
        },
    }
    return {
        "environment.yml": CONDA.format(name=project["name"], python=python),
        ".binder/runtime.txt": f"python-{python}\n",
        # paths of -r count from the file, as repo2docker has pip read it, that of -e from the top of the checkout
        ".binder/requirements.txt": "-r ../requirements.lock\n-e .\n",
        ".devcontainer/devcontainer.json": json.dumps(container, indent=2) + "\n",
    }


def write(root):
    """Write the files into the checkout in the folder ``root``."""
    for name, content in environments(Path(root, "pyproject.toml").read_text(encoding="utf-8")).items():
        write_file(Path(root, name), content.encode())
