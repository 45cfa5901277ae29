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
