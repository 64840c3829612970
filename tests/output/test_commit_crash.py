"""A start cut short at any line of our code: a reader finds one whole generation, and the next start makes it whole.

The ordinary run cuts at every fifth line, `pytest -m slow` at every one. How: tests/crash_at_line.py.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest

from batch.ledger.ledger import Ledger
from batch.output import columns, parts
from batch.plan import Plan
from batch.records import RowFailed
from tests import jobs

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="forks a process that has loaded Arrow")

OLD = {
    "first": [],
    "nothing": [],
    "rewrite": [[0, "ok", "row 0", 1], [1, "failed", None, 1]],
}
NEW = {
    "first": [[0, "ok", "row 0", 1], [1, "ok", "row 1", 1]],
    "nothing": [[0, "ok", "row 0", 1], [1, "ok", "row 1", 1]],
    "rewrite": [[0, "ok", "row 0", 1], [1, "ok", "row 1", 2]],
}
STAGED = {"first": ".part-0000000.1", "nothing": ".part-0000000.1", "rewrite": ".part-0000000.2"}


def crashes(scenario: str, folder: Path, stride: int) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.crash_at_line", scenario, str(folder), str(stride)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("stride", [5, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("scenario", ["first", "rewrite", "nothing"])
def test_a_crash_at_any_line_is_made_good_by_the_next_start(scenario: str, stride: int, tmp_path: Path) -> None:
    found = crashes(scenario, tmp_path, stride)
    between = [crash["between"] for crash in found]
    complete = {"rows": NEW[scenario], "manifest_right": True, "hidden": []}
    assert [crash for crash in found if crash["after"] != complete] == []
    assert [state for state in between if state["rows"] not in (OLD[scenario], NEW[scenario])] == []
    assert [state for state in between if state["manifest_right"] is False] == []
    # Not vacuous: it was cut before and after the part appeared, and with a staged part lying there.
    assert len(found) > 200 / stride
    assert [state["rows"] for state in (between[0], between[-1])] == [OLD[scenario], NEW[scenario]]
    assert any(state["hidden"] == [STAGED[scenario]] for state in between)


# ---------------------------------------------------------------- the four steps, by hand
def recorded(folder: Path, job: Plan) -> Ledger:
    """A ledger with one complete shard whose only row was done once before, and failed."""
    ledger = jobs.begin(folder, job)
    ledger.record([RowFailed(0, 0, "fetch_failed", "try later")])
    parts.commit_part(folder, ledger, job, 0)
    parts.reopen_failed(folder, ledger, job)
    ledger.record(jobs.row_events(job.shards[0], 0))
    return ledger


def captions(folder: Path) -> list[Any]:
    found: list[Any] = ds.dataset(folder / "data").to_table().column("caption").to_pylist()
    return found


def commit_rest(folder: Path, ledger: Ledger, job: Plan) -> None:
    for index in ledger.complete_shards():
        parts.commit_part(folder, ledger, job, index)


@pytest.mark.parametrize(
    ("steps", "seen", "open_after"),
    [(0, [None], [0]), (1, [None], [0]), (2, [None], []), (3, ["row 0"], []), (4, ["row 0"], [])],
)
def test_after_each_step_recovery_finishes_or_forgets_the_commit(
    tmp_path: Path, steps: int, seen: list[Any], open_after: list[int]
) -> None:
    """Before the promise nothing has happened; from the promise on the commit is finished."""
    job = jobs.plan(1)
    with recorded(tmp_path, job) as ledger:
        rows = ledger.shard_rows(0)
        table = parts.new_table(tmp_path, ledger, job, 0, rows)
        counts = columns.count(table, "caption", None)
        if steps >= 1:
            staged = parts.stage(tmp_path, 0, 2, table)
        if steps >= 2:
            parts.intend(ledger, staged, counts)
        if steps >= 3:
            parts.publish(tmp_path, 0, 2)
        if steps >= 4:
            ledger.commit(0)
        assert captions(tmp_path) == seen
    with jobs.begin(tmp_path, job) as ledger:
        assert ledger.open_shards() == open_after
        assert ledger.intents() == []
        assert ledger.complete_shards() == open_after  # nothing has to be computed again
        commit_rest(tmp_path, ledger, job)
        assert captions(tmp_path) == ["row 0"]
        assert [part.generation for part in ledger.committed()] == [2]
        assert +ledger.counts().rows == {"ok": 1}
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["part-0000000.parquet"]


def test_a_staged_part_that_is_not_whole_is_dropped(tmp_path: Path) -> None:
    """The promise names a sha256; a file torn by a power cut does not have it."""
    job = jobs.plan(1)
    with recorded(tmp_path, job) as ledger:
        table = parts.new_table(tmp_path, ledger, job, 0, ledger.shard_rows(0))
        staged = parts.stage(tmp_path, 0, 2, table)
        parts.intend(ledger, staged, columns.count(table, "caption", None))
        staged.path.write_bytes(staged.path.read_bytes()[:-100])
    with jobs.begin(tmp_path, job) as ledger:
        assert (ledger.intents(), ledger.complete_shards()) == ([], [0])
        assert captions(tmp_path) == [None]
        commit_rest(tmp_path, ledger, job)
        assert captions(tmp_path) == ["row 0"]
