"""Point the repository, Binder and Colab buttons at the GitHub remote of the checkout, so that a fork opens itself."""

import re
import subprocess


def github_address(remote):
    """Web address of the GitHub repository that the git remote `remote` names, or None if it is not on GitHub.

    >>> github_address("git@github.com:someone/fork.git")
    'https://github.com/someone/fork'
    """
    match = re.search(r"(?:^|[/@])github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$", remote.strip())
    return match and f"https://github.com/{match[1]}"


def use_own_remote(app, config):
    """Replace the configured repository address by that of the remote `origin`, if it is on GitHub."""
    command = ["git", "-C", app.srcdir, "remote", "get-url", "origin"]
    try:
        remote = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return  # no git, no checkout or no remote: the address in _config.yml stands
    if address := github_address(remote):
        config.html_theme_options["repository_url"] = address


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", use_own_remote)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
