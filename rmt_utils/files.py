"""Files that are whole or absent."""

import os
from pathlib import Path


def write_file(path, content):
    """Write bytes to path so that no reader ever sees a partial file; the folder is made if needed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def printable(text):
    r"""Text that any terminal and any encoding can show: what is not printable, or not UTF-8 in a name, escaped.

    >>> printable("a\x1b[2Jb\udcff")
    'a\\x1b[2Jb\\udcff'
    """
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape", "surrogatepass").decode() for sign in text
    )
