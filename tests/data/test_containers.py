"""Where pictures lie: folders with links, archives, tables."""

import io
import json
import os
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from rmt_utils import load_images
from rmt_utils.data.containers import Folder
from rmt_utils.data.sources import ImageStream

COUNT = 12


def pixels(number):
    return np.random.default_rng(number).integers(0, 256, (9, 9, 3), dtype=np.uint8)


def png(number):
    buffer = io.BytesIO()
    Image.fromarray(pixels(number)).save(buffer, "png")
    return buffer.getvalue()


EXPECTED = np.stack([pixels(number) for number in range(COUNT)]).astype(np.float32) / 127.5 - 1


def read(*arguments, **settings):
    stream = ImageStream(*arguments, as_it_is=True, **settings)
    return stream, np.concatenate(list(stream.batches()))


# folders


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "images"
    (root / "sub").mkdir(parents=True)
    for number in range(COUNT):
        (root / ("sub" if number > 5 else ".") / f"{number:02}.png").write_bytes(png(number))
    return root


def test_linked_folders_are_followed_once(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.png").write_bytes(png(100))
    (folder / "linked").symlink_to(outside)
    (folder / "linked again").symlink_to(outside)
    (folder / "sub" / "round").symlink_to(folder)
    (folder / "sub" / "up").symlink_to(tmp_path)
    (outside / "back").symlink_to(folder / "sub")
    (folder / "link.png").symlink_to(folder / "00.png")
    names = [Folder(folder).name(index) for index in range(len(Folder(folder)))]
    assert sorted(os.path.basename(name) for name in names) == sorted(
        [*(f"{number:02}.png" for number in range(COUNT)), "x.png", "link.png"]
    )
    stream = ImageStream(folder)
    assert sum(len(batch) for batch in stream.batches()) == COUNT + 2
    assert stream.copies.n_copies == 1  # of the file that a link names once more


def test_hidden_files_and_what_archives_leave_are_no_images(folder):
    for name in (".ipynb_checkpoints/00-checkpoint.png", "__MACOSX/._00.png", ".git/a.png", ".thumbnails/a.jpg"):
        (folder / name).parent.mkdir()
        (folder / name).write_bytes(png(0))
    (folder / "._00.png").write_bytes(b"\0\5\x16\7")
    (folder / ".DS_Store").write_bytes(b"nothing")
    stream, images = read(folder)
    assert np.array_equal(images, EXPECTED)
    assert (stream.skipped, stream.summary(COUNT)["other_files"]) == ({}, 0)


def test_a_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / "pipe.png")
    (folder / "nothing.png").symlink_to(folder / "absent.png")
    assert len(read(folder)[1]) == COUNT


def test_names_that_no_terminal_shows_are_escaped(folder):
    (folder / "a\x1b[2J\n.png").write_bytes(b"damaged")
    with open(os.fsencode(folder) + b"/b\xff.png", "wb") as file:
        file.write(b"damaged")
    stream, _ = read(folder)
    assert set(stream.skipped) == {r"a\x1b[2J\n.png", r"b\udcff.png"}


# archives


def write_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(COUNT):
            archive.writestr(f"{number // 5:05}/img{number:08}.png", png(number))
        archive.writestr("dataset.json", json.dumps({"labels": None}))
        archive.writestr("__MACOSX/._img.png", b"nothing")
        archive.writestr("empty/", b"")


def write_tar(path):
    with tarfile.open(path, "w") as archive:
        for number in range(COUNT):
            for suffix, content in (("png", png(number)), ("json", b"{}")):
                entry = tarfile.TarInfo(f"shard/{number:06}.{suffix}")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("shard/link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)


@pytest.mark.parametrize(("suffix", "write", "others"), [("zip", write_zip, 1), ("tar", write_tar, COUNT)])
def test_archives(tmp_path, suffix, write, others):
    path = tmp_path / f"images.{suffix}"
    write(path)
    stream, images = read(path)
    assert np.array_equal(images, EXPECTED)
    assert stream.summary(COUNT)["other_files"] == others
    assert load_images(str(path), size=3, n_images=4, seed=1).shape == (4, 3, 3, 3)
    shuffled = np.concatenate(list(ImageStream(path).batches(5)))
    assert {one.tobytes() for one in shuffled} == {one.tobytes() for one in EXPECTED}


@pytest.mark.parametrize(("suffix", "write"), [("zip", write_zip), ("tar", write_tar)])
def test_damaged_archives(tmp_path, suffix, write):
    path = tmp_path / f"images.{suffix}"
    write(path)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(png(3)[:60], bytes(60)))  # one member
    stream, images = read(path)
    assert (len(images), len(stream.skipped)) == (COUNT - 1, 1)
    for content in (b"", b"nothing at all", whole[:100]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=rf"source must .*images\.{suffix}|readable images"):
            load_images(path)


def test_a_compressed_tar_and_an_encrypted_member_say_so(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w:gz"):
        pass
    with pytest.raises(ValueError, match=r"whole tar file, not compressed"):
        load_images(tmp_path / "a.tar")
    write_zip(tmp_path / "b.zip")
    content = bytearray((tmp_path / "b.zip").read_bytes())
    for start in (content.index(b"PK\1\2") + 8, content.index(b"PK\3\4") + 6):
        content[start] |= 1  # encrypted, says the first member
    (tmp_path / "b.zip").write_bytes(content)
    stream, images = read(tmp_path / "b.zip")
    assert len(images) == COUNT - 1
    assert "encrypted" in next(iter(stream.skipped.values()))


# tables


@pytest.fixture
def table(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    rows = [
        None,
        *({"bytes": png(number), "path": None} for number in range(COUNT)),
        {"bytes": b"damaged", "path": None},
    ]
    columns = {"label": list(range(COUNT + 2)), "image": rows}
    features = {"label": datasets.Value("int64"), "image": datasets.Image()}
    return datasets.Dataset.from_dict(columns, features=datasets.Features(features))


def test_tables_of_every_kind(table, tmp_path):
    import datasets

    table.to_parquet(str(tmp_path / "a.parquet"))
    table.save_to_disk(str(tmp_path / "saved"))
    datasets.DatasetDict({"train": table, "test": table}).save_to_disk(str(tmp_path / "splits"))
    (tmp_path / "parquet").mkdir()
    table.to_parquet(str(tmp_path / "parquet" / "train.parquet"))
    for source in (tmp_path / "a.parquet", tmp_path / "saved", tmp_path / "splits", f"hub:{tmp_path / 'parquet'}"):
        stream, images = read(source)
        assert np.array_equal(images, EXPECTED)
        assert stream.skipped == {"row 0": "no picture", f"row {COUNT + 1}": "not an image"}


def test_a_parquet_that_does_not_say_that_it_holds_pictures(tmp_path, table):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"bytes": png(number), "path": f"{number}.png"} for number in range(COUNT)]
    pq.write_table(pa.table({"id": list(range(COUNT)), "jpg": rows}), tmp_path / "plain.parquet")
    assert np.array_equal(read(tmp_path / "plain.parquet")[1], EXPECTED)


def test_tables_without_pictures_and_damaged_ones(tmp_path, table):
    import datasets

    table.remove_columns("image").to_parquet(str(tmp_path / "a.parquet"))
    with pytest.raises(ValueError, match=r"a column of images, got .*a\.parquet"):
        load_images(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(ValueError, match=r"source must be a whole data set, got .*b\.parquet"):
        load_images(tmp_path / "b.parquet")
    datasets.DatasetDict({"test": table}).save_to_disk(str(tmp_path / "saved"))
    with pytest.raises(ValueError, match=r"a split 'train', got .* with test"):
        load_images(tmp_path / "saved")


def test_files_of_other_kinds_are_no_source(tmp_path):
    (tmp_path / "a.rar").write_bytes(b"nothing")
    for name in ("a.rar", "absent.zip", "absent.npy"):
        with pytest.raises(ValueError, match=f"source must be 'natural-patches'.*got .*{name}"):
            load_images(tmp_path / name)
