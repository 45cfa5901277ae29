"""What commands write and print, and how they end: real processes."""

import io
import json
import os
import pty
import select
import shlex
import signal
import subprocess
import sys
import termios
import time

import numpy as np
import pytest
from PIL import Image

from rmt_utils import cli, files, progress

RMT = [sys.executable, "-m", "rmt_utils.cli"]


@pytest.fixture
def images(tmp_path):
    """A file of few small images, which is forecast at once."""
    path = tmp_path / "images.npy"
    np.save(path, np.random.default_rng(0).integers(0, 256, (12, 2, 2), dtype=np.uint8))
    return path


def rmt(*arguments, **settings):
    return subprocess.run([*RMT, *map(str, arguments)], capture_output=True, text=True, **settings)


def unheard(*arguments, unbuffered=""):
    """A command whose output goes where nobody listens any more."""
    reading, writing = os.pipe()
    os.close(reading)
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run([*RMT, *map(str, arguments)], stdout=writing, stderr=subprocess.PIPE, env=env)
    os.close(writing)
    return done.returncode, done.stderr


def test_a_closed_pipe_is_quiet_and_costs_no_report(images, tmp_path):
    report = tmp_path / "report.html"
    assert unheard("forecast", images, "--html", report, unbuffered="1") == (0, b"")
    assert report.read_text().endswith("</html>\n")


def test_a_closed_pipe_is_quiet_after_few_words(images, tmp_path):
    """Few words stay in a buffer, and python tries again to write them when it ends."""
    assert unheard("split", images, "-o", tmp_path) == (0, b"")


def test_the_command_line_in_a_report_can_be_typed_again(images, capsys):
    typed = ["forecast", str(images.rename(images.parent / "my images.npy")), "--json"]
    assert cli.main(typed) == 0
    assert shlex.split(json.loads(capsys.readouterr().out)["command"]) == ["rmt", *typed]


def test_what_cannot_be_written_is_printed_all_the_same(images, tmp_path, monkeypatch, capsys):
    def full_disk(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli, "write_file", full_disk)
    assert cli.main(["forecast", str(images), "--html", str(tmp_path / "report.html")]) == 2
    printed = capsys.readouterr()
    assert "12 images, 2 x 2 pixels" in " ".join(printed.out.split())
    assert printed.err == "rmt forecast: [Errno 28] No space left on device\n"


def test_a_link_is_followed(tmp_path):
    target, link = tmp_path / "target.html", tmp_path / "link.html"
    target.write_text("old")
    link.symlink_to(target)
    files.check_output("--html", link)
    files.write_file(link, b"new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.html", "target.html"]


def test_what_is_no_regular_file_is_refused_before_any_work(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path, "/dev/null", tmp_path / "absent" / "report.html"):
        assert cli.main(["forecast", "absent images", "--html", str(place)]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("rmt forecast: --html must name a file, or nothing yet, in a folder that exists")
    # a process of its own, whose output is a pipe wherever that of the tests goes
    assert "--html must name a file, or nothing yet" in rmt("forecast", "absent images", "--html", "/dev/stdout").stderr
    with pytest.raises(ValueError, match="must name a file"):
        files.write_file(tmp_path / "pipe", b"content")


@pytest.mark.parametrize(("encoding", "options"), [("ascii", []), ("utf-8", ["--json"])])
def test_names_are_shown_in_any_encoding(tmp_path, encoding, options):
    folder = os.fsencode(tmp_path) + b"/\xc3\xa9\xff\x1b[31m"
    os.mkdir(folder)
    for number in range(6):
        buffer = io.BytesIO()
        pixels = np.random.default_rng(number).integers(0, 256, (3, 3, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(buffer, "png")
        with open(folder + b"/%d.png" % number, "wb") as file:
            file.write(buffer.getvalue())
    with open(folder + b"/bad\x07\xfe.png", "wb") as file:
        file.write(b"nothing")
    env = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([*RMT, "forecast", os.fsdecode(folder), *options], capture_output=True, env=env)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\x1b" not in done.stdout
    assert b"\x07" not in done.stdout
    assert rb"bad\x07\udcfe.png" in done.stdout.replace(rb"\\", b"\\")


def test_a_wrong_name_does_not_reach_the_terminal_as_it_is(capsys, tmp_path):
    report = str(tmp_path / "absent\x1b[2J" / "report.html")
    for arguments in (["absent\x1b[2J"], ["absent images", "--html", report]):
        assert cli.main(["forecast", *arguments]) == 2
        said = capsys.readouterr().err
        assert "\x1b" not in said
        assert "x1b[2J" in said


def test_ctrl_c_is_one_line_and_leaves_nothing(tmp_path):
    report = tmp_path / "report.html"
    np.save(tmp_path / "many.npy", np.random.default_rng(0).integers(0, 256, (4000, 24, 24), dtype=np.uint8))
    command = [*RMT, "forecast", str(tmp_path / "many.npy"), "--html", str(report)]
    # what a shell runs in the background ignores the signal, and hands this on
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 120
    while "many.npy" not in mapped(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (130, "", "\nrmt forecast: interrupted\n")
    assert not report.exists()


def mapped(process):
    """The files that a process has mapped."""
    try:
        with open(f"/proc/{process}/maps") as maps:
            return maps.read()
    except FileNotFoundError:
        return ""


def test_without_a_terminal_a_line_now_and_then_says_how_far_it_is(monkeypatch, capsys):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    assert list(progress.progress([5, 6, 7], "reading")) == [5, 6, 7]
    assert capsys.readouterr().err == "reading: 0 of 3\nreading: 1 of 3\nreading: 2 of 3\n"
    monkeypatch.setattr(progress, "EVERY", 60.0)
    list(progress.progress(range(1000), "reading"))
    assert capsys.readouterr().err == ""


def test_on_a_terminal_there_is_a_bar():
    main, other = pty.openpty()
    termios.tcsetwinsize(other, (24, 80))  # a bar needs room
    code = "from rmt_utils.progress import progress\nfor _ in progress(range(3), 'reading'): pass"
    subprocess.run([sys.executable, "-c", code], stderr=other, check=True)
    written, _, _ = select.select([main], [], [], 60)
    assert written
    assert b"reading" in os.read(main, 10_000)
    os.close(other)
    os.close(main)


@pytest.mark.parametrize("command", [[], *([name] for name in cli.COMMANDS)])
def test_help_fits_eighty_columns(command, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit, match=r"^0$"):
        cli.main([*command, "--help"])
    assert 0 < max(map(len, capsys.readouterr().out.splitlines())) <= 80
