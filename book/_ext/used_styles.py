"""Leave in the styles and icon fonts of others only what the pages use, and drop what only their authors need.

In listings, what has the colour of plain text, more than half of the words, is not marked up.

A rule stays if all classes of one of its selectors occur as words in a page or a script of the site, so that classes
which scripts add are kept; an icon stays if the rule that names its character does.
"""

import io
import logging
import re
from itertools import pairwise
from pathlib import Path

import tinycss2
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont
from pygments.token import STANDARD_TYPES, Name, Punctuation, Whitespace

from rmt_utils.files import write_file

WORD = re.compile(r"[\w-]+")
GROUPS = ("media", "supports")
PLAIN = (Name, Name.Namespace, Punctuation, Whitespace)
logging.getLogger("fontTools").setLevel(logging.WARNING)  # or every table of a font is a line of the build
FONT_FILES = re.compile(r'url\(([^()]+)\.woff2\) format\("woff2"\),url\(\1\.ttf\) format\("truetype"\)')


def prune(app, exception):
    """Rewrite the style sheets of a site that has just been built."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    used = words([*site.rglob("*.html"), *site.rglob("*.js")])
    folders = [name for name in app.config.html_static_path if not Path(name).is_absolute()]  # those are of extensions
    own = {path.name for folder in folders for path in Path(app.srcdir, folder).rglob("*.css")}
    for path in site.joinpath("_static").rglob("*.css"):
        if path.name not in own:
            rules = tinycss2.parse_stylesheet(path.read_text(encoding="utf-8"), True, True)
            write_file(path, with_own_fonts(tinycss2.serialize(applying(rules, used)), path.parent).encode())
    for path in site.joinpath("_static").rglob("*.map"):
        path.unlink()


def words(paths):
    """Every word in the files."""
    return set().union(*(WORD.findall(path.read_text(encoding="utf-8")) for path in paths))


def applying(rules, used):
    """Those of tinycss2's rules that can apply to pages with the words `used`."""
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [one for one in split(rule.prelude) if classes(one) <= used]
            if not selectors:
                continue
            rule.prelude = [token for one in selectors for token in (COMMA, *one)][1:]
        elif rule.type == "at-rule" and rule.lower_at_keyword in GROUPS:
            rule.content = applying(tinycss2.parse_rule_list(rule.content, True, True), used)
            if not rule.content:
                continue
        kept.append(rule)
    return kept


(COMMA,) = tinycss2.parse_component_value_list(",")


def split(prelude):
    """The selectors of a rule, each a list of tokens."""
    selectors = [[]]
    for token in prelude:
        if token == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def classes(selector):
    """Classes that an element or its parents must have; those inside :not() and the like need not be there."""
    return {name.value for dot, name in pairwise(selector) if dot == "." and name.type == "ident"}


def with_own_fonts(style, folder):
    """The style with each icon font replaced by one of its characters alone; the original fonts go."""

    def own(files):
        name = files.group(1)
        write_file(folder / f"{name}.woff", subset(folder / f"{name}.ttf", style))
        for ending in ("ttf", "woff2"):
            (folder / f"{name}.{ending}").unlink()
        return f'url({name}.woff) format("woff")'

    return FONT_FILES.sub(own, style)


def subset(path, text):
    """Bytes of the font with the characters of the text only, compressed."""
    font = TTFont(path)
    subsetter = Subsetter()
    subsetter.populate(text=text)
    subsetter.subset(font)
    font.flavor, content = "woff", io.BytesIO()
    font.save(content)
    return content.getvalue()


def setup(app):
    """Register with Sphinx, after everything that writes into the site."""
    STANDARD_TYPES.update(dict.fromkeys(PLAIN, ""))
    app.connect("build-finished", prune, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
