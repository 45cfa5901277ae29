"""What the index offers of every figure: its PNG, and a ZIP of its SVG, its numbers as CSV and its record."""

import json
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from rmt_utils.files import write_file

FOLDER = "_downloads/figures"


def recorded(folder):
    """What all executed notebooks of the checkout in `folder` wrote down."""
    paths = sorted(Path(folder, "figures").glob("*/manifest.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def offered(figure):
    """Names of a figure's files, as they lie in FOLDER/<notebook>."""
    return [f"{figure['name']}.{kind}" for kind in ("png", "zip")]


def provide(app, exception):
    """Put the files of all figures into a site that has just been built."""
    if exception is not None or app.builder.name != "html":
        return
    for manifest in recorded(app.srcdir):
        source = Path(app.srcdir, "figures", manifest["notebook"])
        target = Path(app.outdir, FOLDER, manifest["notebook"])
        target.mkdir(parents=True, exist_ok=True)
        for figure in manifest["figures"]:
            picture, archive = offered(figure)
            contents = {name: source.joinpath(name).read_bytes() for name in figure["files"]}
            write_file(target / picture, contents.pop(picture))
            about = {key: value for key, value in manifest.items() if key != "figures"} | {"figure": figure}
            contents |= {"record.json": json.dumps(about, indent=1).encode()}
            write_file(target / archive, packed(contents))


def packed(contents):
    """The files {name: content} as a ZIP, the same bytes for the same content."""
    together = BytesIO()
    with ZipFile(together, "w") as archive:
        for name, content in contents.items():
            archive.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return together.getvalue()


def setup(app):
    """Register with Sphinx."""
    app.connect("build-finished", provide)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
