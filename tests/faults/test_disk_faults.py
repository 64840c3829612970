"""A disk that is full, refuses, fails or turns read-only, at every write: a sentence that says what to do, nothing
lost, and the same command goes on once it is solved."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow.parquet as pq
import pytest

from batch.errors import BatchError, OutputError
from tests.faults.crash_scenarios import SCENARIOS, seen, start
from tests.faults.sweep import SHARED

pytestmark = [pytest.mark.anywhere, pytest.mark.timeout(300)]
CALLS = ("fsync", "replace", "rename", "unlink", "mkdir", "open", "write")
ENDS = {
    errno.ENOSPC: "the disk is full",
    errno.EACCES: "Make the folder writable",
    errno.EROFS: "Make the folder writable",
    errno.EIO: "When that is solved, the same command resumes",
}
SMALL_BYTES = 4096


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="disk-", dir=SHARED))
    yield folder
    shutil.rmtree(folder)


class Failing:
    """The `at`-th call that changes `folder` fails with `code`; one that frees space never does."""

    def __init__(self, folder: Path, at: int, code: int) -> None:
        self.folder, self.at, self.code, self.calls = folder, at, code, 0

    @contextmanager
    def active(self) -> Iterator["Failing"]:
        patched = {name: self._wrapped(name, getattr(os, name)) for name in CALLS}
        writing = pq.write_table

        def write_table(table: Any, path: Any, **options: Any) -> None:
            """What Arrow writes, half of it before it fails."""
            if self._now(path):
                Path(path).write_bytes(b"PAR1 and then nothing more")
                raise OSError(self.code, os.strerror(self.code), str(path))
            writing(table, path, **options)

        with mock.patch.multiple(os, **patched), mock.patch.object(pq, "write_table", write_table):
            yield self

    def _now(self, path: Any) -> bool:
        if isinstance(path, int):
            with suppress(OSError):
                path = Path(f"/proc/self/fd/{path}").readlink()
        if not str(path).startswith(str(self.folder)):
            return False
        self.calls += 1
        return self.calls == self.at

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            reads = name == "open" and not arguments[1] & (os.O_WRONLY | os.O_RDWR)
            if not reads and self._now(arguments[0]) and not (name == "unlink" and self.code == errno.ENOSPC):
                raise OSError(self.code, os.strerror(self.code), str(arguments[0]))
            return real(*arguments, **options)

        return call


@pytest.mark.skipif(sys.platform != "linux", reason="finds a descriptor's path in /proc")
@pytest.mark.parametrize("code", ENDS, ids=lambda code: errno.errorcode[code])
@pytest.mark.parametrize("name", ["a job's first start", "a commit after a retry"])
def test_a_refusal_at_any_operation_is_an_expected_error_and_the_next_start_goes_on(
    place: Path, name: str, code: int
) -> None:
    prepare, act, _, new = SCENARIOS[name]
    prepare(place / "template")
    at, said = 0, set()
    while True:
        at += 1
        folder = Path(shutil.copytree(place / "template", place / "job"))
        failing = Failing(folder, at, code)
        try:
            with failing.active():
                act(folder)
        except BatchError as error:
            said.add(str(error))
        assert seen(folder)[1], at
        act(folder)
        assert seen(folder) == (new, True), at
        assert sorted(path.name for path in folder.rglob(".*")) == [], at
        shutil.rmtree(folder)
        if failing.calls < at:  # nothing was left to refuse
            break
    assert at > 15
    assert all(ENDS[code] in text and str(place / "job") in text for text in said), said
    assert said


# ---------------------------------------------------------------- a real file system
@contextmanager
def small_disk(place: Path, size_bytes: int) -> Iterator[Path]:
    """A disk of its own in memory; skips where this user may not mount one."""
    folder = place / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def remount(folder: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", str(folder)], check=True)


@pytest.mark.parametrize("name", ["a job's first start", "a commit after a retry"])
def test_a_disk_that_is_full_at_any_write_loses_nothing(place: Path, name: str) -> None:
    """The free space grows page by page, so that it ends at every write in turn, SQLite's own included."""
    prepare, act, _, new = SCENARIOS[name]
    prepare(place / "template")
    with small_disk(place, 64 * 1024**2) as disk:
        pages, finished, said = 0, False, set()
        while not finished:
            folder = Path(shutil.copytree(place / "template", disk / "job"))
            ballast = disk / "ballast"
            free = os.statvfs(disk).f_bavail * SMALL_BYTES
            with ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, free - pages * SMALL_BYTES)
            try:
                act(folder)
                finished = True
            except OutputError as error:
                said.add(str(error))
            ballast.unlink()
            assert seen(folder)[1]
            act(folder)
            assert seen(folder) == (new, True), pages
            shutil.rmtree(folder)
            pages += 1
    assert pages > 5
    assert all("the disk is full" in text and "Make space there" in text for text in said), said


def test_a_volume_that_turned_read_only_is_named_and_the_job_goes_on_afterwards(place: Path) -> None:
    prepare, act, old, new = SCENARIOS["a commit after a retry"]
    with small_disk(place, 64 * 1024**2) as disk:
        prepare(disk / "job")
        remount(disk, "ro")
        with pytest.raises(OutputError, match="then give the same command again: it resumes where it stopped"):
            act(disk / "job")
        assert seen(disk / "job")[0] == old
        remount(disk, "rw")
        act(disk / "job")
        assert seen(disk / "job") == (new, True)


def test_a_finished_part_that_went_is_named_before_anything_is_written(place: Path) -> None:
    SCENARIOS["an accepted change"][0](place / "job")
    (place / "job/data/part-0000000.parquet").unlink()
    with pytest.raises(OutputError, match="1 finished parts are gone"):
        start(place / "job")
