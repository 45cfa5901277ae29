"""Where pictures lie: a folder, a zip or tar of images, a table of the Hugging Face kind.

Each has a length, ``name(index)``, as it is, and ``file(index)``, a path or a file object for ``pictures.read``;
``others`` counts files that are no images by their names, and ``closed`` says why a folder in it may not be read.
"""

import io
import os
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from rmt_utils.extras import extra
from rmt_utils.files import printable

SUFFIXES = {
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".dib"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".avifs", ".jp2", ".j2k", ".jpx", ".qoi", ".tga", ".heic", ".heif"),
}


def open_container(source):
    """The container that ``source`` names, or None: a folder, a file .zip, .tar or .parquet, or "hub:<dataset>"."""
    if source.startswith("hub:"):
        return Table(source)
    path = Path(source).expanduser()
    if path.is_dir():
        return Table(source) if any((path / name).is_file() for name in SAVED) else Folder(path)
    kind = {".zip": Zip, ".tar": Tar, ".parquet": Table}.get(path.suffix.lower())
    return kind(path) if kind and path.is_file() else None


class Folder:
    """Image files below a folder, in the order of their names.

    Linked folders are followed, each once; a link to a folder that holds this one is not. Hidden folders and files, and
    what archives leave behind, are passed over. OSError if the folder itself may not be read.
    """

    def __init__(self, folder):
        self.folder, self.closed = Path(folder).expanduser(), {}
        next(self.folder.iterdir(), None)
        files = [path for path in self._walk() if path.is_file()]  # a pipe is none, and a link to nothing
        self.paths = sorted(path for path in files if path.suffix.lower() in SUFFIXES)
        self.others = len(files) - len(self.paths)

    def _walk(self):
        seen = {_identity(parent) for parent in self.folder.resolve().parents}
        for place, folders, names in os.walk(self.folder, onerror=self._close, followlinks=True):
            if _identity(place) in seen:
                folders.clear()
                continue
            seen.add(_identity(place))
            folders[:] = sorted(name for name in folders if not _left_over(name))
            yield from (Path(place, name) for name in names if not _left_over(name))

    def _close(self, error):
        place = Path(error.filename).relative_to(self.folder)
        self.closed[printable(f"{place}{os.sep}")] = error.strerror

    def __len__(self):
        return len(self.paths)

    def name(self, index):
        return str(self.paths[index].relative_to(self.folder))

    def file(self, index):
        return self.paths[index]


class Zip:
    """Image files in a zip, as EDM's dataset tool writes, in the order of their names. ValueError for a damaged one."""

    def __init__(self, path):
        self.closed = {}
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError) as error:
            raise ValueError(f"source must be a whole zip file, got {path} ({error})") from error
        members = [entry.filename for entry in self._archive.infolist() if not entry.is_dir()]
        self._members, self.others = _images(members)

    def __len__(self):
        return len(self._members)

    def name(self, index):
        return self._members[index]

    def file(self, index):
        return io.BytesIO(self._archive.read(self._members[index]))


class Tar:
    """Image files in a tar that is not compressed, such as a shard of webdataset. ValueError for a damaged one."""

    def __init__(self, path):
        self.closed, self._path = {}, path
        try:
            with tarfile.open(path, "r:") as archive:
                found = {entry.name: (entry.offset_data, entry.size) for entry in archive if entry.isreg()}
        except (tarfile.TarError, ValueError, EOFError) as error:
            raise ValueError(f"source must be a whole tar file, not compressed, got {path} ({error})") from error
        self._members, self.others = _images(found)
        self._places = [found[name] for name in self._members]

    def __len__(self):
        return len(self._members)

    def name(self, index):
        return self._members[index]

    def file(self, index):
        offset, size = self._places[index]
        with open(self._path, "rb") as file:
            file.seek(offset)
            return io.BytesIO(file.read(size))


SAVED = ("state.json", "dataset_dict.json")  # what a folder holds that ``datasets`` saved


class Table:
    """Pictures of a column: "hub:<dataset>[:split]", split "train" by default, a file .parquet, or a saved data set.

    ImportError without Hugging Face datasets; ValueError for a table without a column of images.
    """

    def __init__(self, source):
        self.others, self.closed = 0, {}
        with extra("hub"):
            import datasets

        table = _table(datasets, str(source))
        images = (key for key, kind in table.features.items() if _holds_images(datasets, kind))
        self._column = next(images, None)
        if self._column is None:
            raise ValueError(f"source must be a data set with a column of images, got {str(source)!r}")
        # undecoded: one place decodes the pictures of all sources
        self._table = table.select_columns(self._column).cast_column(self._column, datasets.Image(decode=False))

    def __len__(self):
        return len(self._table)

    def name(self, index):
        return f"row {index}"

    def file(self, index):
        entry = self._table[int(index)][self._column]
        if entry is None or (entry["bytes"] is None and entry["path"] is None):
            raise ValueError("no picture")
        return io.BytesIO(entry["bytes"]) if entry["bytes"] is not None else Path(entry["path"])


def _table(datasets, source):
    if source.startswith("hub:"):
        name, _, split = source.removeprefix("hub:").partition(":")
        return datasets.load_dataset(name, split=split or "train")
    path = Path(source).expanduser()
    try:
        table = datasets.Dataset.from_parquet(str(path)) if path.is_file() else datasets.load_from_disk(str(path))
    except Exception as error:  # whatever a damaged file makes arrow, json or datasets raise
        raise ValueError(f"source must be a whole data set, got {source} ({error})") from error
    if isinstance(table, datasets.DatasetDict):
        if "train" not in table:
            raise ValueError(f"source must be a data set with a split 'train', got {source} with {', '.join(table)}")
        return table["train"]
    return table


def _holds_images(datasets, kind):
    return isinstance(kind, datasets.Image) or (isinstance(kind, dict) and set(kind) == {"bytes", "path"})


def _images(names):
    """Those of the names in an archive that are images, sorted, and how many others there are."""
    names = [name for name in names if not any(map(_left_over, PurePosixPath(name).parts))]
    images = sorted(name for name in names if PurePosixPath(name).suffix.lower() in SUFFIXES)
    return images, len(names) - len(images)


def _left_over(name):
    """Whether a file or folder is hidden, or left behind by an archive; checkpoints of notebooks are hidden folders."""
    return name.startswith(".") or name == "__MACOSX"


def _identity(place):
    found = os.stat(place)
    return found.st_dev, found.st_ino
