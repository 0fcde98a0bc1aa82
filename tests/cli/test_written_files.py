"""Files that somebody names are written whole or not at all; a device or a pipe is written into, never replaced."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
import typer

from api.cli.output import new_file


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    """What fails on the way leaves the old one."""
    path = tmp_path / "list.csv"
    path.write_bytes(b"old")

    def half() -> None:
        with new_file(path, "--to") as written:
            written.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert [one.name for one in tmp_path.iterdir()] == ["list.csv"]
    assert path.read_bytes() == b"old"
    with new_file(path, "--to") as written:
        written.write(b"new")
    assert path.read_bytes() == b"new"


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    """As `/dev/stdout` is: who names one does not get a file in its place."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(path.read_bytes()))
    reader.start()
    with new_file(path, "--to") as written:
        written.write(b"rows")
    reader.join(30)
    assert found == [b"rows"]
    assert path.is_fifo()


def test_a_folder_is_refused_by_the_name_of_the_option(tmp_path: Path) -> None:
    """Nothing is written, and the option is named."""
    with pytest.raises(typer.BadParameter) as refused, new_file(tmp_path, "--to"):
        raise AssertionError
    assert refused.value.param_hint == "--to"
