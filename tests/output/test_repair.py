"""A ledger that was damaged or lost is made anew from the parts, and the job goes on with it."""

import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from batch.errors import LedgerError, OutputError, PlanMismatch
from batch.ledger.ledger import Ledger
from batch.ledger.status import read_status
from batch.output.job_folder import check
from batch.output.repair import repair
from batch.output.verify import verify
from tests import jobs
from tests.commands import answers_of, run_command, start_command, text_table, write_config

ROWS = 120
EXPECTED = [(f"in.parquet#{row}", "ok", f"Say: item {row} of the list"[::-1]) for row in range(ROWS)]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a job that was stopped after some parts, its config and its source."""
    folder = tmp_path_factory.mktemp("stopped")
    source = text_table(folder / "in.parquet", ROWS)
    config = write_config(
        folder / "job.yaml",
        task="answer",
        model="fake",
        source={"path": str(source)},
        output={"path": str(folder / "out"), "shard_rows": 16},
    )
    slow = '{"step_s": 0.05, "tokens": 2}'
    runner = start_command("run", config, log=folder / "log", GEMMA4_BATCH_FAKE=slow)
    for _ in range(3000):
        if len(list((folder / "out/data").glob("part-*.parquet"))) >= 3:
            break
        time.sleep(0.01)
    runner.send_signal(signal.SIGINT)
    assert runner.wait(60) == 130, (folder / "log").read_text()
    return folder


@pytest.fixture
def job(stopped: Path, tmp_path: Path) -> Iterator[Callable[[], Path]]:
    """The stopped job's folder, put back as it was."""
    saved = shutil.copytree(stopped / "out", tmp_path / "saved")

    def put_back() -> Path:
        shutil.rmtree(stopped / "out")
        return shutil.copytree(saved, stopped / "out")

    yield put_back
    put_back()


def destroy(ledger: Path) -> None:
    for leftover in ledger.parent.glob("ledger.sqlite-*"):
        leftover.unlink()
    ledger.write_bytes(b"\x00" * 100 + ledger.read_bytes()[100:])


def test_a_whole_ledger_is_left_alone(job: Callable[[], Path]) -> None:
    out = job()
    before = (out / "ledger.sqlite").read_bytes()
    assert repair(out) is None
    assert (out / "ledger.sqlite").read_bytes() == before


def test_a_damaged_ledger_is_kept_aside_and_the_job_goes_on_with_a_new_one(job: Callable[[], Path]) -> None:
    out = job()
    parts_before = {path.name: path.read_bytes() for path in (out / "data").iterdir()}
    destroy(out / "ledger.sqlite")
    with pytest.raises(LedgerError, match=f"`gemma4-batch repair {out}` makes a new ledger"):
        read_status(out)

    found = run_command("repair", out)
    assert found.returncode == 0, found.stderr
    committed = len(parts_before)
    assert f"a new ledger from {committed} parts with {16 * committed} of {ROWS} rows" in found.stdout
    (aside,) = out.glob("ledger.sqlite.damaged-*")
    assert str(aside) in found.stdout
    status = read_status(out)
    assert (status.parts_done, status.total_rows, status.counts.rows["ok"]) == (committed, ROWS, 16 * committed)

    assert run_command("run", out.parent / "job.yaml").returncode == 0
    assert answers_of(out) == EXPECTED
    assert {name: (out / "data" / name).read_bytes() for name in parts_before} == parts_before
    assert verify(out).whole


def test_answers_in_no_part_yet_are_taken_over_where_they_can_still_be_read(job: Callable[[], Path]) -> None:
    out = job()
    with Ledger.open(out) as ledger:
        index = ledger.open_shards()[-1]
        ledger.record(jobs.shard_events(ledger.shard(index), range(3)))
        recorded = ledger.counts().requests - 16 * len(ledger.committed())
    assert recorded >= 3
    connection = sqlite3.connect(out / "ledger.sqlite")
    connection.execute("DELETE FROM meta")  # as if that page were gone
    connection.commit()
    connection.close()
    with pytest.raises(LedgerError):
        Ledger.open(out)
    repaired = repair(out)
    assert repaired is not None
    assert repaired.taken_over == recorded
    with Ledger.open(out) as ledger:
        assert ledger.counts().requests == 16 * repaired.parts + recorded


def test_a_lost_ledger_and_a_torn_part_cost_only_their_rows(job: Callable[[], Path]) -> None:
    out = job()
    for file in out.glob("ledger.sqlite*"):
        file.unlink()
    (out / "data" / "part-0000001.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(OutputError, match=r"its ledger is lost, it seems: `gemma4-batch repair"):
        check(out)
    repaired = repair(out)
    assert repaired is not None
    assert repaired.unreadable == ("part-0000001.parquet",)
    assert (out / "data" / "part-0000001.parquet.damaged").exists()
    with Ledger.open(out) as ledger:
        assert ledger.open_shards() == [1, *range(repaired.parts + 1, 8)]
        planned = [part for index in range(8) for part in ledger.shard(index).slices]
        starts = range(0, ROWS, 16)
        assert [(part.start, part.stop) for part in planned] == [(row, min(row + 16, ROWS)) for row in starts]


def test_a_source_that_changed_is_not_mixed_with_old_answers(job: Callable[[], Path], stopped: Path) -> None:
    out = job()
    (out / "ledger.sqlite").unlink()
    source = (stopped / "in.parquet").read_bytes()
    text_table(stopped / "in.parquet", ROWS + 1)
    try:
        with pytest.raises(PlanMismatch, match=r"the source files of \d parts are not what they were, the first is"):
            repair(out)
        assert not (out / "ledger.sqlite").exists()
    finally:
        (stopped / "in.parquet").write_bytes(source)


def test_where_there_is_no_part_there_is_nothing_to_repair(job: Callable[[], Path]) -> None:
    out = job()
    destroy(out / "ledger.sqlite")
    shutil.rmtree(out / "data")
    with pytest.raises(OutputError, match="has no finished part"):
        repair(out)
