"""A job whose disk is unplugged in the middle, or has no room: it waits, or it stops, and nothing is lost."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import answers_of, run_command, start_command, text_table, write_config

SHM = Path("/dev/shm")
ROWS = 120
SLOW = '{"step_s": 0.05, "tokens": 3}'


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A mount point that can be unlinked, of a folder on another volume."""
    folder = SHM / f"gemma4-batch-volume-{os.getpid()}"
    folder.mkdir()
    (tmp_path / "disk").symlink_to(folder)
    yield tmp_path / "disk"
    shutil.rmtree(folder)


def job(folder: Path, out: Path, **more: object) -> Path:
    source = folder / "in.parquet"
    if not source.exists():
        text_table(source, ROWS)
    return write_config(
        folder / "job.yaml",
        task="answer",
        model="fake",
        source={"path": str(source)},
        output={"path": str(out), "shard_rows": 32, **more},
    )


def wait_for(log: Path, words: str) -> None:
    for _ in range(3000):
        if log.exists() and words in log.read_text():
            return
        time.sleep(0.02)
    raise AssertionError(f"{words!r} was never said:\n{log.read_text()}")


def wait_for_part(out: Path) -> None:
    for _ in range(3000):
        if list(out.glob("data/part-*.parquet")):
            return
        time.sleep(0.01)
    raise AssertionError("no part was ever written")


@pytest.mark.skipif(not SHM.is_dir(), reason="needs a second volume")
def test_a_job_waits_for_its_disk_and_goes_on_by_itself(tmp_path: Path, disk: Path) -> None:
    log, volume = tmp_path / "log", disk.resolve()
    runner = start_command("run", job(tmp_path, disk / "out"), log=log, GEMMA4_BATCH_FAKE=SLOW)
    wait_for_part(disk / "out")
    disk.unlink()
    wait_for(log, "is not there any more. Connect it again")
    disk.symlink_to(volume)
    assert runner.wait(120) == 0, log.read_text()
    assert "can be used again: going on" in log.read_text()
    expected = [(f"in.parquet#{row}", "ok", f"Say: item {row} of the list"[::-1]) for row in range(ROWS)]
    assert answers_of(disk / "out") == expected


@pytest.mark.skipif(not SHM.is_dir(), reason="needs a second volume")
def test_the_wait_for_a_disk_ends_at_ctrl_c(tmp_path: Path, disk: Path) -> None:
    log = tmp_path / "log"
    runner = start_command("run", job(tmp_path, disk / "out"), log=log, GEMMA4_BATCH_FAKE=SLOW)
    wait_for_part(disk / "out")
    disk.unlink()
    wait_for(log, "is not there any more. Connect it again")
    runner.send_signal(signal.SIGINT)
    assert runner.wait(60) == 130
    assert "The same command goes on where it was" in log.read_text()


def test_a_deleted_job_folder_ends_the_job_with_the_reason(tmp_path: Path) -> None:
    log, out = tmp_path / "log", tmp_path / "out"
    runner = start_command("run", job(tmp_path, out), log=log, GEMMA4_BATCH_FAKE=SLOW)
    wait_for_part(out)
    shutil.rmtree(out)
    assert runner.wait(60) == 1
    assert "was deleted or moved while the job ran" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_a_disk_without_room_is_refused_before_the_model_is_loaded(tmp_path: Path) -> None:
    found = run_command("run", job(tmp_path, tmp_path / "out", min_free="900TB"))
    assert found.returncode == 1
    assert "the disk is nearly full" in found.stderr
    assert "slots" not in found.stderr
