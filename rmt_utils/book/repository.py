"""What chapters read that is not in the package: ``runs/`` of the book's repository."""

import subprocess
import tempfile
from pathlib import Path


def runs_of(repository, folder="../runs"):
    """The ``folder`` of the trained networks' samples, which is cloned from the git ``repository`` where it is missing.

    repository: an address, "" if it is not known. FileNotFoundError says what to do where it is needed.
    """
    folder = Path(folder)
    if not folder.is_dir():
        if not repository:
            raise FileNotFoundError(
                "The trained networks are not in the package: write the address of the book's repository into the "
                f"first cell, as `repository`, or put its folder runs at {folder.resolve()}"
            )
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as clone:
            subprocess.run(["git", "clone", "-q", "--depth=1", repository, clone], check=True)
            Path(clone, "runs").rename(folder)
    return folder
