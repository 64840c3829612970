"""What is recorded and cut short in every state: a job's first start, a part's first commit, its rewrite after a retry
and after an accepted change of the source, and the recovery from a commit that was itself cut short."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from batch import durable
from batch.ledger.ledger import Ledger
from batch.output import manifest, parts
from batch.plan import Plan
from batch.records import RowFailed
from tests import jobs
from tests.faults.crash_states import State

JOB = jobs.plan(2, 2)
CHANGED = jobs.plan(1, 2)
CHANGED_FILES = (jobs.source_file(1, fingerprint="f2"),)
AGAIN = "computed again"


def start(folder: Path, job: Plan = JOB) -> None:
    """What every start of the command does, the loop left out. Rows not kept are computed again, and say so."""
    files = job.files if job is JOB else CHANGED_FILES
    with Ledger.open(folder) as ledger:
        ledger.begin(job.identity, job.fingerprint, files, job.shards, accept_changed=job is CHANGED)
        manifest.write_job(folder, "resolved: true\n")
        parts.recover(folder, ledger)
        for index in ledger.open_shards():
            shard = ledger.shard(index)
            ledger.record([event for row in range(shard.rows) for event in jobs.row_events(shard, row, AGAIN)])
        for index in ledger.complete_shards():
            parts.commit_part(folder, ledger, job, index)
        parts.finish(folder, ledger, job)


def start_changed(folder: Path) -> None:
    start(folder, CHANGED)


def nothing(folder: Path) -> None:
    folder.mkdir()


def recorded(folder: Path) -> None:
    """Both rows are recorded, nothing is committed."""
    with jobs.begin(folder, JOB) as ledger:
        ledger.record(jobs.shard_events(JOB.shards[0]))
        ledger.checkpoint()


def complete(folder: Path) -> None:
    """Complete; one row failed."""
    with jobs.begin(folder, JOB) as ledger:
        ledger.record([*jobs.row_events(JOB.shards[0], 0), RowFailed(0, 1, "fetch_failed", "try later")])
        jobs.finish(folder, ledger, JOB)


def tried_again(folder: Path) -> None:
    """The failed row of a complete job has a new answer, its part is the old one."""
    complete(folder)
    with jobs.begin(folder, JOB) as ledger:
        parts.reopen_failed(folder, ledger, JOB)
        ledger.record(jobs.row_events(JOB.shards[0], 1))
        ledger.checkpoint()


def cut_short(prepare: Callable[[Path], None], step: int) -> Callable[[Path], None]:
    """After `prepare`, a commit that ended after its step 1, 2 or 3."""

    def cut(folder: Path) -> None:
        prepare(folder)
        with jobs.begin(folder, JOB) as ledger:
            rows = ledger.shard_rows(0)
            table = parts.new_table(folder, ledger, JOB, 0, rows)
            staged = parts.stage(folder, 0, 2 if prepare is tried_again else 1, table)
            if step > 1:
                parts.intend(ledger, staged, ledger.counts())
            if step > 2:
                parts.publish(folder, 0, staged.generation)

    return cut


OLD_FAILED = [[0, "ok", "row 0", 1], [1, "failed", None, 1]]
NEW = [[0, "ok", "row 0", 1], [1, "ok", "row 1", 1]]
NEW_TRIED_AGAIN = [[0, "ok", "row 0", 1], [1, "ok", "row 1", 2]]
ALL_AGAIN = [[0, "ok", AGAIN, 1], [1, "ok", AGAIN, 1]]
ONE_AGAIN = [[0, "ok", AGAIN, 1]]

# name -> (what is there before, what is recorded, what a reader may see before, what must be there in the end)
SCENARIOS: dict[str, tuple[Callable[[Path], None], Callable[[Path], None], list[Any], list[Any]]] = {
    "a job's first start": (nothing, start, [], ALL_AGAIN),
    "a first commit": (recorded, start, [], NEW),
    "a commit after a retry": (tried_again, start, OLD_FAILED, NEW_TRIED_AGAIN),
    "an accepted change": (complete, start_changed, OLD_FAILED, ONE_AGAIN),
    "a start after step 1": (cut_short(recorded, 1), start, [], NEW),
    "a start after step 2": (cut_short(recorded, 2), start, [], NEW),
    "a start after step 3": (cut_short(recorded, 3), start, NEW, NEW),
    "a start after step 1 of a rewrite": (cut_short(tried_again, 1), start, OLD_FAILED, NEW_TRIED_AGAIN),
    "a start after step 2 of a rewrite": (cut_short(tried_again, 2), start, OLD_FAILED, NEW_TRIED_AGAIN),
    "a start after step 3 of a rewrite": (cut_short(tried_again, 3), start, NEW_TRIED_AGAIN, NEW_TRIED_AGAIN),
}


def seen(folder: Path) -> tuple[list[Any], bool]:
    """The rows a reader finds, and whether manifest.json (where there is one) names exactly the parts that are there.

    Raises pyarrow's error for a torn part."""
    found = sorted(folder.glob("data/*.parquet"))
    rows = [row for part in found for row in pq.read_table(part).to_pylist()]
    listed = folder / manifest.NAME
    right = True
    if listed.exists():
        right = [f["sha256"] for f in json.loads(listed.read_text())["files"]] == [durable.sha256(p) for p in found]
    return [[row["id"], row["status"], row["caption"], row["attempts"]] for row in rows], right


def wrong_with(state: State, folder: Path, name: str) -> list[str]:
    """What breaks the promises in this state, as a reader finds it and after the same command again."""
    _, act, old, new = SCENARIOS[name]
    state.make(folder)
    wrong = []
    try:
        rows, right = seen(folder)
        if rows not in (old, new):
            wrong.append(f"a reader sees {rows}")
        if not right:
            wrong.append("a reader sees a manifest that is not of these parts")
    except (pa.ArrowException, OSError, ValueError) as error:
        wrong.append(f"a reader sees something torn: {error!r}")
    try:
        act(folder)
        rows, right = seen(folder)
    except Exception as error:  # whatever it is, the next start should have worked
        return [*wrong, f"the next start fails: {error!r}"]
    if rows != new:
        wrong.append(f"afterwards there is {rows}")
    if not right or not (folder / manifest.NAME).exists():
        wrong.append("afterwards the manifest is missing or wrong")
    hidden = sorted(path.name for path in folder.rglob(".*"))
    if hidden:
        wrong.append(f"afterwards {hidden} are left")
    return wrong
