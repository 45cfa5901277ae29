import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rmt_utils import files


def test_no_partial_file_is_left_when_a_write_fails(tmp_path, monkeypatch):
    def full_disk(path, content):
        path.touch()
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space"):
        files.write_file(tmp_path / "file", b"content")
    assert list(tmp_path.iterdir()) == []


def test_a_claim_is_held_by_one_and_leaves_no_file(tmp_path):
    path = tmp_path / "run.lock"
    with files.claimed(path) as mine:
        assert mine
        with files.claimed(path, wait=False) as second:
            assert not second
        assert path.exists()
    assert list(tmp_path.iterdir()) == []


def test_who_waits_gets_the_claim_when_it_is_let_go(tmp_path):
    path, order = tmp_path / "run.lock", []

    def wait(name):
        with files.claimed(path) as mine:
            order.append((name, mine, path.exists()))

    with files.claimed(path):
        waiting = [threading.Thread(target=wait, args=[name]) for name in range(4)]
        for thread in waiting:
            thread.start()
        time.sleep(0.2)
        assert order == []
    for thread in waiting:
        thread.join(timeout=60)
    assert sorted(order) == [(name, True, True) for name in range(4)]
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_killed_lets_go(tmp_path):
    path = tmp_path / "run.lock"
    hold = f"with files.claimed({str(path)!r}):\n print(flush=True)\n time.sleep(600)"
    code = f"import time\nfrom rmt_utils import files\n{hold}"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.kill()
    with files.claimed(path, wait=False) as mine:
        assert mine
    assert not path.exists()
