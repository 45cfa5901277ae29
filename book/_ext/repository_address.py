"""Links to the repository: buttons for Binder, the repository and its issues, on every page, if its address is known.

The address is that of the checkout's GitHub remote `origin`, so that a fork links to itself, else `repository: url` of
_config.yml. Where there is neither, no such button is drawn. Where there is one, the notebooks that the site offers for
download name it in their first cell, which gets what a notebook opened alone needs.
"""

import re
import subprocess
from pathlib import Path

BINDER = {"notebook_interface": "jupyterlab", "binderhub_url": "https://mybinder.org"}


def github_address(remote):
    """Web address of the GitHub repository that the git remote `remote` names, or None if it is not on GitHub.

    >>> github_address("git@github.com:someone/fork.git")
    'https://github.com/someone/fork'
    """
    match = re.search(r"(?:^|[/@])github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$", remote.strip())
    return match and f"https://github.com/{match[1]}"


def origin(folder):
    """Address of the git remote `origin` of the checkout in `folder`, empty without git, checkout or remote."""
    command = ["git", "-C", folder, "remote", "get-url", "origin"]
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout
    except OSError:
        return ""


def add_buttons(app, config):
    """Give the theme the address, and the buttons that need it."""
    options = config.html_theme_options
    if address := github_address(origin(app.srcdir)) or options.get("repository_url"):
        options["repository_url"] = address
        options |= {"use_repository_button": True, "use_issues_button": True, "launch_buttons": BINDER}


def with_repository(notebook, address):
    """The text of a notebook whose first cell has ``address`` as its `repository`."""
    return notebook.replace('"repository = \\"\\"', f'"repository = \\"{address}\\"', 1)


def fill_in(app, exception):
    """Write the address into the notebooks that the site offers for download."""
    if address := app.config.html_theme_options.get("repository_url"):
        for path in Path(app.outdir).glob("_sources/notebooks/*.ipynb"):
            path.write_text(with_repository(path.read_text(encoding="utf-8"), address), encoding="utf-8")


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", add_buttons)
    app.connect("build-finished", fill_in)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
