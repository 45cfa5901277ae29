"""What is made of one picture, and that whatever a decoder raises is told."""

import io
import struct
import subprocess
import sys
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from rmt_utils import load_images
from rmt_utils.data import pictures
from rmt_utils.data.readers import PictureReader
from rmt_utils.data.sources import ImageStream

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (12, 12, 3), dtype=np.uint8)


def read(*arguments, **settings):
    stream = ImageStream(*arguments, **settings)
    return stream, np.concatenate(list(stream.batches()))


def saved(picture, kind, **settings):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **settings)
    return buffer.getvalue()


# orientation


def strange_exif(tag):
    """Orientation 6, and a tag whose text no decoder wants to write again."""
    entries = struct.pack("<HHIHH", 0x112, 3, 1, 6, 0) + struct.pack("<HHI4s", tag, 2, 3, b"me\0\0")
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entries + struct.pack("<I", 0)


@pytest.mark.parametrize("tag", [0x11A, 0x120])  # XResolution, FreeOffsets
def test_orientation_is_applied_whatever_else_the_exif_holds(tmp_path, tag):
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:8] = 255
    Image.fromarray(pixels).save(tmp_path / "a.jpg", exif=strange_exif(tag), quality=100)
    stream, images = read(tmp_path)
    assert stream.skipped == {}
    assert images[0, :, 9:].min() > 0.9  # the upper half is on the right
    assert images[0, :, :7].max() < -0.9


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["png", "jpeg", "tiff", "webp"])
def test_every_orientation_in_every_format(tmp_path, orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = np.zeros((16, 16, 3), np.uint8)
    upright[:8, :8], upright[:8, 8:], upright[8:, :8] = 255, 170, 85
    undo = {1: "", 2: "x", 3: "xy", 4: "y", 5: "t", 6: "ty", 7: "txy", 8: "tx"}[orientation]
    stored = upright
    for step in undo:
        stored = {"x": stored[:, ::-1], "y": stored[::-1], "t": stored.swapaxes(0, 1)}[step]
    settings = {"quality": 100} if kind in ("jpeg", "webp") else {}
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "a.png", kind, exif=exif, **settings)
    (image,) = load_images(tmp_path, color=False)
    expected = upright.astype(float).mean(axis=2) / 127.5 - 1
    assert np.abs(image[..., 0] - expected)[2:6, 2:6].max() < 0.05
    for rows in (slice(2, 6), slice(10, 14)):
        for columns in (slice(2, 6), slice(10, 14)):
            assert image[rows, columns, 0] == pytest.approx(expected[rows, columns], abs=0.05)


# transparency


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "La", "RGBa"])
def test_what_lies_under_transparent_pixels_does_not_matter(tmp_path, mode):
    alpha = np.zeros((12, 12), np.uint8)
    alpha[3:9, 3:9] = 255
    for name, hidden in (("a", 0), ("b", 255), ("c", RNG.integers(0, 256, (12, 12, 3)))):
        pixels = np.where(alpha[..., None], PIXELS, hidden).astype(np.uint8)
        picture = Image.fromarray(pixels).convert("L" if mode in ("LA", "La") else "RGB")
        picture.putalpha(Image.fromarray(alpha))
        if mode == "P":
            picture = picture.quantize(64)
        picture.save(tmp_path / f"{name}.{'tif' if mode.endswith('a') else 'png'}")
    stream, images = read(tmp_path, as_it_is=True)
    assert stream.transparent == 3
    assert stream.summary(3)["background"] == "white"
    assert (images[:, :3] == 1).all()
    if mode != "P":  # whose few colours go to what is hidden too
        assert np.array_equal(images[0], images[1])
        assert np.array_equal(images[0], images[2])


def test_half_transparent_is_half_white_and_opaque_is_not_counted(tmp_path):
    for name, alpha in (("half", 128), ("opaque", 255)):
        picture = Image.new("RGB", (4, 4), "black")
        picture.putalpha(alpha)
        picture.save(tmp_path / f"{name}.png")
    stream, images = read(tmp_path, as_it_is=True)
    assert stream.transparent == 1
    assert images[0] == pytest.approx(127 / 127.5 - 1, abs=0.01)
    assert (images[1] == -1).all()


def test_a_transparent_colour_of_a_png(tmp_path):
    picture = Image.new("RGB", (4, 4), (10, 20, 30))
    picture.putpixel((0, 0), (1, 2, 3))
    picture.save(tmp_path / "a.png", transparency=(10, 20, 30))
    stream, images = read(tmp_path)
    assert stream.transparent == 1
    assert (images[0, 1:] == 1).all()


# formats


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        *(("avif", "avif"), ("jfif", "jpeg"), ("jpe", "jpeg"), ("ppm", "ppm"), ("webp", "webp"), ("jp2", "jpeg2000")),
        *(("qoi", "qoi"), ("tga", "tga"), ("dib", "dib"), ("bmp", "bmp"), ("gif", "gif"), ("tiff", "tiff")),
    ],
)
def test_every_format_is_read(tmp_path, suffix, kind):
    smooth = np.broadcast_to(np.linspace(60, 200, 16)[:, None, None], (16, 16, 3)).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / f"a.{suffix}", kind)
    (image,) = load_images(tmp_path, color=True)
    assert image == pytest.approx(smooth / 127.5 - 1, abs=0.05)


def test_what_has_no_known_range_says_so(tmp_path):
    Image.fromarray(np.zeros((9, 9), np.float32)).save(tmp_path / "float.tif")
    Image.fromarray(np.zeros((9, 9), np.int32)).save(tmp_path / "integer.tif")
    Image.fromarray(PIXELS).save(tmp_path / "good.png")
    stream, images = read(tmp_path, size=8)
    assert len(images) == 1
    assert stream.skipped == {
        "float.tif": "pixels of mode F, 32 bits, have no known range",
        "integer.tif": "pixels of mode I, 32 bits, have no known range",
    }


def test_heic_is_named_by_its_format(tmp_path):
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200))
    Image.fromarray(PIXELS).save(tmp_path / "good.png")
    assert read(tmp_path)[0].skipped == {"a.heic": "HEIC, which Pillow does not read"}


def test_no_program_is_run_for_a_picture(tmp_path):
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")
    Image.fromarray(PIXELS).save(tmp_path / "good.png")
    assert read(tmp_path)[0].skipped == {"a.png": "not an image"}


# large pictures


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
def test_large_pictures_are_reduced_as_small_ones_in_less_memory(monkeypatch, kind):
    smooth = np.add.outer(np.sin(np.arange(1200) / 80), np.cos(np.arange(1000) / 60))
    pixels = np.repeat(((smooth + 2) * 63)[..., None].astype(np.uint8), 3, axis=2)
    content = saved(Image.fromarray(pixels), kind, **({"quality": 95} if kind == "jpeg" else {}))
    whole, of_whole = measured(content)
    monkeypatch.setattr(pictures, "LARGE", 1000)
    reduced, of_reduced = measured(content)
    assert reduced.side == whole.side == 1000
    # 63 / 60 grey values a pixel, 1000 / 16 pixels to a new one, by a sixteenth of which a JPEG may be cropped off
    allowed = 63 / 60 * (1000 / 16) / 16 / 127.5 if kind == "jpeg" else 1e-5
    assert reduced.pixels == pytest.approx(whole.pixels, abs=allowed)
    assert of_reduced < of_whole / 2


def measured(content):
    """A picture at side 16, and the most bytes that numpy took for it."""
    tracemalloc.start()
    picture = pictures.read(io.BytesIO(content), 16)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return picture, most


def test_a_large_transparent_picture_stands_in_memory_twice(tmp_path):
    """Once as decoded, four bytes a pixel, and once on its background, three; Pillow's own steps would take twenty."""
    side, path = 4000, tmp_path / "large.png"
    Image.new("RGBA", (side, side), (200, 30, 30, 128)).save(path, compress_level=1)
    script = f"""
import resource
from rmt_utils.data import pictures
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert pictures.read({str(path)!r}, 16).transparent
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    grown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(grown) * unit < 10 * side**2


def test_pictures_that_would_fill_the_memory_are_named(tmp_path):
    buffer = bytearray(saved(Image.fromarray(PIXELS), "bmp"))
    buffer[18:26] = struct.pack("<ii", 60_000, 60_000)
    (tmp_path / "bomb.bmp").write_bytes(buffer)
    Image.fromarray(PIXELS).save(tmp_path / "good.png")
    stream, images = read(tmp_path)
    assert len(images) == 1
    assert "decompression bomb" in stream.skipped["bomb.bmp"]


# damage


def originals():
    """One small file of every format."""
    picture = Image.fromarray(PIXELS)
    exif = Image.Exif()
    exif[0x0112] = 6
    files = {kind: saved(picture, kind) for kind in ("ppm", "bmp", "gif", "qoi", "tga", "avif", "jpeg2000", "dib")}
    files |= {f"{kind} with EXIF": saved(picture, kind, exif=exif) for kind in ("png", "jpeg", "webp", "tiff")}
    files["tiff, packed"] = saved(picture, "tiff", compression="tiff_lzw")
    files["jpeg, progressive"] = saved(picture, "jpeg", progressive=True)
    files["png, palette"] = saved(picture.quantize(16), "png", transparency=3)
    files["png, 16 bits"] = saved(Image.fromarray(np.arange(144, dtype=np.uint16).reshape(12, 12) * 400), "png")
    files["webp, transparent"] = saved(picture.convert("RGBA"), "webp", lossless=True)
    return list(files.values())


def damaged(content, rng):
    """The content cut, overwritten, with bytes added or taken out, or with another length written somewhere."""
    content = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        place = int(rng.integers(len(content)))
        match rng.integers(6):
            case 0:
                del content[place + 1 :]
            case 1:
                content[place] = rng.integers(256)
            case 2:
                content[place : place + 4] = rng.bytes(4)
            case 3:
                content[place:place] = rng.bytes(int(rng.integers(1, 9)))
            case 4:
                del content[place : place + int(rng.integers(1, 9))]
            case 5:
                content[place : place + 4] = rng.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff"])
        content = content or bytearray(b"\0")
    return bytes(content)


class Damaged:
    """A container of damaged files, made as they are asked for."""

    def __init__(self, count, seed=0):
        self.closed, self.others = {}, 0
        self.count, self.seed, self.originals = count, seed, originals()

    def __len__(self):
        return self.count

    def name(self, index):
        return str(index)

    def file(self, index):
        rng = np.random.default_rng([self.seed, index])
        return io.BytesIO(damaged(self.originals[index % len(self.originals)], rng))


def fuzz(count, seed=0):
    """Read that many damaged files: how many were read, and the reasons of the others, counted."""
    container = Damaged(count, seed)
    reader = PictureReader(container, range(count), 8, True, False, "damaged", lambda steps, label: steps)
    read = sum(np.isfinite(image.pixels).all() and np.abs(image.pixels).max() <= 1 for image in reader.read(count))
    return read, Counter(reader.skipped.values())


def test_no_damaged_file_ends_the_run():
    read, skipped = fuzz(1500)
    assert read + skipped.total() == 1500
    assert min(read, skipped.total()) > 200
    assert all(reason.isprintable() and 0 < len(reason) < 300 for reason in skipped)


@pytest.mark.parametrize("error", [TypeError, KeyError, struct.error, MemoryError, RecursionError, AssertionError])
def test_whatever_a_decoder_raises_is_named(tmp_path, monkeypatch, error):
    for number in range(3):
        Image.fromarray(PIXELS).save(tmp_path / f"{number}.png")
    real = pictures.read

    def read_or_raise(file, size=None):
        if "1.png" in str(file):
            raise error("damaged\x1b[2J\nand more")
        return real(file, size)

    monkeypatch.setattr(pictures, "read", read_or_raise)
    stream, images = read(tmp_path, color=True)
    assert len(images) == 2
    (reason,) = stream.skipped.values()
    assert "damaged" in reason
    assert reason.isprintable()
