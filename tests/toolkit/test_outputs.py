"""Where results are written: a device or a pipe takes them and stays what it is; a link planted at a working name is no way out."""

import os
import stat
import threading
from pathlib import Path

import pytest

from vaguemestre.toolkit.converting.outputs import OutputExistsError, file_output


@pytest.mark.parametrize("force", [False, True])
def test_a_named_pipe_is_written_into_and_never_replaced(tmp_path: Path, force: bool) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()
    with file_output(str(pipe), force=force) as stream:
        stream.write(b"000")
    reader.join(timeout=5)
    assert got == [b"000"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_file_that_stands_there_is_kept_unless_forced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_bytes(b"old")
    with pytest.raises(OutputExistsError), file_output(str(out), force=False) as stream:
        stream.write(b"new")
    assert out.read_bytes() == b"old"
    with file_output(str(out), force=True) as stream:
        stream.write(b"new")
    assert out.read_bytes() == b"new"


def test_a_link_planted_at_the_working_name_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"kept")
    (tmp_path / f".out.{os.getpid()}.part").symlink_to(victim)
    with file_output(str(tmp_path / "out"), force=False) as stream:
        stream.write(b"new")
    assert victim.read_bytes() == b"kept"
    assert (tmp_path / "out").read_bytes() == b"new"
    assert sorted(os.listdir(tmp_path)) == ["out", "victim"]
