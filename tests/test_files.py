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
