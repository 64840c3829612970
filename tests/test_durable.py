"""Flushed, renamed, removed; and what a person is told when the disk says no."""

import errno
import os
from pathlib import Path

import pytest

from batch import durable
from batch.errors import OutputError


def test_a_written_text_is_whole_and_alone(tmp_path: Path) -> None:
    for text in ("first", "sécond\n"):
        durable.write_text(tmp_path / "a.json", text)
        assert (tmp_path / "a.json").read_text(encoding="utf-8") == text
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_where_the_drive_refuses_a_full_flush_a_plain_one_is_done_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("x")
    assert durable.sync_file(tmp_path / "a") is True
    monkeypatch.setattr(durable, "FULL_FSYNC", 1 << 20)  # a command no file system knows: it is refused
    assert durable.sync_file(tmp_path / "a") is False


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    durable.remove(tmp_path / "a")
    durable.remove(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_the_digest_of_a_file_or_none(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert durable.sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert durable.sha256(tmp_path / "b") is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_is_told_with_what_is_needed_and_where(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught, durable.translated(tmp_path / "part", 3_200_000):
        Path("/dev/full").write_text("x")
    text = str(caught.value)
    assert text.startswith(f"the disk is full: cannot write '{tmp_path}/part' (3.2 MB are needed and ")
    assert text.endswith("Make space there and give the same command again: it resumes where it stopped")


@pytest.mark.parametrize(
    ("code", "start"),
    [
        (errno.EROFS, "cannot write '/x/y': Read-only file system. Make the folder writable"),
        (errno.EIO, "cannot write '/x/y': [Errno 5] Input/output error. When that is solved"),
    ],
)
def test_other_refusals_say_what_and_where(code: int, start: str) -> None:
    assert durable.explain(OSError(code, os.strerror(code)), Path("/x/y")).startswith(start)


def test_sizes_are_told_in_words() -> None:
    assert [durable.size(n) for n in (0, 999, 1500, 3_210_000, 4_560_000_000_000)] == [
        "0 bytes", "999 bytes", "1.5 kB", "3.21 MB", "4560 GB",
    ]  # fmt: skip
