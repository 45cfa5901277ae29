"""Ratios that README claims, read from its table: a benchmark that falls below one of them ends with exit code 1."""

import re
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


class Claims:
    """The claims of a README and those missed: ``claims.check(name, ratio)``, at the end ``claims.settle()``.

    A claim is a row of a table: its name as code, what is compared, and the least ratio as a number.
    """

    def __init__(self, readme=README):
        rows = re.findall(r"^\| `([\w-]+)` \|.*\| ([\d.]+) \|$", readme.read_text(encoding="utf-8"), re.MULTILINE)
        self.least = {name: float(ratio) for name, ratio in rows}
        self.missed = []

    def check(self, name, ratio):
        """Note whether ``ratio`` is what is claimed, at least. KeyError for a name that README does not have."""
        if not ratio >= self.least[name]:
            self.missed.append(f"{name}: {ratio:.3g}, README claims at least {self.least[name]:g}")

    def settle(self):
        """End the program with exit code 1 and one line for each claim that was missed, if any was."""
        if self.missed:
            sys.exit("\n".join(["Below what README claims:", *self.missed]))
