"""SIGKILL at any moment: what `record` returned from is there, once, and only what ran is computed again."""

import random
import subprocess
import sys
from pathlib import Path

import pyarrow.dataset as ds

from batch.ledger.status import read_status
from batch.output import parts
from batch.records import RequestFinished, RequestKey
from tests import jobs

ROWS = 3000
AHEAD = 4
KILLS = 8
JOB = jobs.plan(ROWS, 100)
ALL = {RequestKey(shard.index, row, 0) for shard in JOB.shards for row in range(shard.rows)}


def work(folder: Path) -> None:
    """A runner with AHEAD requests running; prints each row after it is safe."""
    with jobs.begin(folder, JOB) as ledger:
        for index in ledger.open_shards():
            rows = ledger.assignment(index).rows
            for start in range(0, len(rows), AHEAD):
                events = jobs.shard_events(JOB.shards[index], rows[start : start + AHEAD])
                ledger.record([event for event in events if not isinstance(event, RequestFinished)])
                for event in events:
                    if isinstance(event, RequestFinished):
                        ledger.record([event])
                        print(event.completion.key.shard, event.completion.key.row, flush=True)
            parts.commit_part(folder, ledger, JOB, index)
        parts.finish(folder, ledger, JOB)


def killed_run(folder: Path, after: int) -> set[RequestKey]:
    """What a run said is safe, before it was killed: once it had said `after` lines, or at its end."""
    script = "import sys, pathlib; from tests.ledger import test_kill as t; t.work(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", script, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [line for _, line in zip(range(after), process.stdout, strict=False)]
        process.kill()
        lines += process.stdout
    # What was said after the kill was decided counts too; a line cut short was not said.
    return {RequestKey(*map(int, line.split()), 0) for line in lines if line.endswith("\n")}


def test_a_killed_runner_loses_nothing_and_repeats_only_what_ran(tmp_path: Path) -> None:
    chance = random.Random(1)
    safe: set[RequestKey] = set()
    suspected: set[RequestKey] = set()
    for _ in range(KILLS):
        said = killed_run(tmp_path, chance.randrange(1, 200))
        assert said.isdisjoint(safe)  # nothing that was safe is asked for again
        with jobs.begin(tmp_path, JOB) as ledger:
            left = {
                RequestKey(index, row, 0) for index in ledger.open_shards() for row in ledger.assignment(index).rows
            }
            assert left.isdisjoint(safe | said)
            assert len(ledger.suspects()) <= AHEAD
            suspected.update(ledger.suspects())
        safe = ALL - left
    assert 0 < len(safe) < ROWS
    last = killed_run(tmp_path, ROWS)
    assert last == ALL - safe
    assert 0 < read_status(tmp_path).recomputed == len(suspected)
    assert ds.dataset(tmp_path / "data").to_table().column("id").to_pylist() == list(range(ROWS))
