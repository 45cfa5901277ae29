"""What a chapter is made of: the files of the package that its code imports, directly or through others.

Found in the source, without running it. A name that a package's ``__init__`` takes from a module leads to that module
alone, so that a chapter does not depend on all that ``import rmt_utils`` happens to load.
"""

import ast
import hashlib
import json
import platform
from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def used_files(code, package=PACKAGE):
    """Files of the package in the folder ``package`` that Python source ``code`` needs: a set of paths.

    An import counts wherever it stands, in a function, too. A file with a module's name and another ending is the
    module's data. Raises SyntaxError for code that is not Python.

    >>> sorted(path.name for path in used_files("from rmt_utils.style import THEORY"))
    ['style.mplstyle', 'style.py']
    """
    found, waiting = set(), set(imported(code))
    while waiting:
        if (path := file_of(waiting.pop(), package)) and path not in found:
            found.add(path)
            waiting |= imported(path.read_text(encoding="utf-8"))
    return found | {data for path in found if path.name != "__init__.py" for data in path.parent.glob(f"{path.stem}.*")}


@lru_cache
def imported(code):
    """Dotted names of what ``code`` imports: modules, and names in modules.

    >>> sorted(imported("import a.b; from c import d as e"))
    ['a.b', 'c.d']
    """
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def file_of(name, package):
    """File in which the dotted ``name`` is written, None outside the package."""
    first, *rest = name.split(".")
    if first != package.name:
        return None
    place = package
    while rest and (place / rest[0]).is_dir():
        place /= rest.pop(0)
    if rest and (module := place / f"{rest[0]}.py").exists():
        return module
    init = place / "__init__.py"
    if not rest:
        return init
    origin = _origins(init.read_text(encoding="utf-8")).get(rest[0])
    return file_of(origin, package) if origin else init


@lru_cache
def _origins(code):
    """What ``code`` imports from elsewhere: {name here: dotted name there}."""
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in nodes for alias in node.names}


def fingerprint(path, package=PACKAGE):
    """Hex digest of all, besides its own code, that the results of the notebook ``path`` come from.

    The package's files that it uses, the pinned packages, the version of Python and, where it uses some of ``nets/``,
    the records of the trained networks.
    """
    root = Path(path).parents[1]
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    files = used_files(code, package)
    if any(package / "nets" in file.parents for file in files):
        files |= set(root.glob("runs/*.json"))
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in [*sorted(files), root / "requirements.lock"]]
    return hashlib.sha256(" ".join([platform.python_version(), *digests]).encode()).hexdigest()
