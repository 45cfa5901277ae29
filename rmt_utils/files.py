"""Files that are whole or absent, and names that can be shown."""

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path


def write_file(path, content):
    """Write bytes to path so that no reader ever sees a partial file; the folder is made if needed.

    A link is followed, and what it points to is replaced. ValueError for what is there and no regular file.
    """
    path = _target(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def check_output(name, path):
    """ValueError, before any work, unless a file can be written at ``path``; name: what the error calls it."""
    try:
        with tempfile.TemporaryFile(dir=_target(path).parent):
            return
    except (OSError, ValueError):
        wanted = "a file, or nothing yet, in a folder that exists and may be written"
        raise ValueError(f"{name} must name {wanted}, got {path}") from None


@contextmanager
def claimed(path, wait=True):
    """Hold the lock file ``path`` alone among all processes that see it: True, or False where another one holds it and

    ``wait`` is False. The file is there while it is held; a process that dies lets go.
    """
    import fcntl  # which Windows lacks

    while True:
        with open(path, "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):  # not one that its holder has removed
                    try:
                        yield True
                    finally:
                        os.unlink(path)
                    return


def printable(text):
    r"""Text that any terminal and any encoding can show: what is not printable, or not UTF-8 in a name, escaped.

    >>> printable("a\x1b[2Jb\udcff")
    'a\\x1b[2Jb\\udcff'
    """
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape", "surrogatepass").decode() for sign in text
    )


def _target(path):
    path = Path(path).resolve()
    if path.exists() and not path.is_file():
        raise ValueError(f"path must name a file, or nothing yet, got {path}")
    return path
