"""No button leads nowhere: without an address there is none, and a fork's lead to the fork."""

import subprocess
from types import SimpleNamespace

import pytest
from conftest import ROOT
from jupyter_book.config import get_final_config
from repository_address import add_buttons, github_address

BUTTONS = {"use_repository_button", "use_issues_button", "launch_buttons"}


@pytest.mark.parametrize(
    ("origin", "configured", "address"),
    [
        (None, None, None),
        ("/srv/books/fork", None, None),
        (None, "https://github.com/me/book", "https://github.com/me/book"),
        ("/srv/books/fork", "https://github.com/me/book", "https://github.com/me/book"),
        ("git@github.com:someone/fork.git", None, "https://github.com/someone/fork"),
        ("https://github.com/someone/fork", "https://github.com/me/book", "https://github.com/someone/fork"),
    ],
)
def test_buttons_are_drawn_where_an_address_is_known(tmp_path, origin, configured, address):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    if origin:
        subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", origin], check=True)
    options = {"repository_url": configured} if configured else {}
    add_buttons(SimpleNamespace(srcdir=tmp_path), SimpleNamespace(html_theme_options=options))
    assert options.get("repository_url") == address
    assert BUTTONS & options.keys() == (BUTTONS if address else set())


def test_as_configured_there_is_no_address():
    """Jupyter Book has its own repository's by default."""
    configured, _ = get_final_config(user_yaml=ROOT / "_config.yml", cli_config={"latex_individualpages": False})
    options = configured["html_theme_options"]
    assert not options["repository_url"]
    assert not [name for name in options if name.startswith("use_") and "button" in name and options[name] is True]
    assert not any(value for name, value in options["launch_buttons"].items() if name.endswith("_url"))


@pytest.mark.parametrize("remote", ["git@gitlab.com:a/b.git", "https://example.com/github.com", "/home/me/github.com"])
def test_other_hosts_are_not_github(remote):
    assert github_address(remote) is None
