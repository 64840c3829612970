"""Commands that put folders in order, cut short in every state: `--fresh`, `merge`, `repair`. As crash_scenarios.py
does for a job's parts; here no runner is at work, and the ledger is a file like others."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from batch import durable
from batch.config.job import JobConfig, dump_yaml
from batch.ledger.ledger import Ledger
from batch.ledger.schema import LEDGER_NAME
from batch.output import manifest, parts
from batch.output.job_folder import check, set_aside
from batch.output.merge import merge
from batch.output.repair import repair
from batch.plan import Plan, make_plan
from batch.portion import Portion, cut
from batch.source.source import open_source
from tests import jobs
from tests.faults.crash_scenarios import AGAIN, ALL_AGAIN, OLD_FAILED, complete, seen, start
from tests.faults.crash_states import State


@dataclass(frozen=True)
class Command:
    """`act` is recorded and cut short; `again` is what a person then gives once more, `wrong_before` what a reader may
    not see meanwhile and `wrong_after` what may not be in the end."""

    prepare: Callable[[Path], None]
    act: Callable[[Path], Any]
    again: Callable[[Path], Any]
    wrong_before: Callable[[Path], list[str]]
    wrong_after: Callable[[Path], list[str]]

    def wrong_with(self, state: State, folder: Path) -> list[str]:
        state.make(folder)
        try:
            wrong = self.wrong_before(folder)
        except (pa.ArrowException, OSError, ValueError) as error:
            wrong = [f"a reader sees something torn: {error!r}"]
        try:
            self.again(folder)
        except Exception as error:  # whatever it is, the same command should have worked
            return [*wrong, f"the same command fails: {error!r}"]
        return wrong + self.wrong_after(folder)


def _rows(folder: Path, *allowed: list[Any]) -> list[str]:
    rows, right = seen(folder)
    wrong = [] if rows in allowed else [f"there is {rows}"]
    return wrong if right else [*wrong, "a manifest is not of these parts"]


# ---------------------------------------------------------------- run --fresh
def _begin_anew(folder: Path) -> None:
    check(folder)
    set_aside(folder)
    check(folder)
    start(folder)


def _kept_aside(folder: Path) -> list[str]:
    """Nothing is deleted: the old part, the old manifest and a ledger lie in a folder beside."""
    wrong = _rows(folder, ALL_AGAIN)
    old = [path for path in folder.glob(".old-*/**/*") if path.is_file()]
    tables = [pq.read_table(path).column("caption").to_pylist() for path in old if path.suffix == ".parquet"]
    if tables != [["row 0", None]]:
        wrong.append(f"of the old parts there are {tables}")
    names = sorted(path.name for path in old if path.name in (manifest.NAME, manifest.JOB, LEDGER_NAME))
    if names != sorted((manifest.NAME, manifest.JOB, LEDGER_NAME)):
        wrong.append(f"of the old files there are {names}")
    return wrong


def _complete_with_config(folder: Path) -> None:
    complete(folder)
    manifest.write_job(folder, "resolved: true\n")


# ---------------------------------------------------------------- merge
def _portions(folder: Path) -> None:
    """Two finished portions of a job of six rows, in `1` and `2`."""
    plan = jobs.plan(6)
    for index in (1, 2):
        portion = Portion(index, 2)
        identity = {**plan.identity, "portion": str(portion), "portion.cut": cut(plan.files, plan.shards)}
        own = replace(plan, shards=portion.shards(plan.shards), identity=identity, portion=portion)
        jobs.run(folder / str(index), own)
        manifest.write_job(folder / str(index), "task: caption\n")


def _merge(folder: Path) -> None:
    if not (folder / "out").exists():
        merge([folder / "1", folder / "2"], folder / "out")


def _whole_if_there(folder: Path) -> list[str]:
    out = folder / "out"
    if not out.exists():
        return []
    wrong = _rows(out, [[row, "ok", f"row {row}", 1] for row in range(6)])
    texts = [(out / name).read_text() for name in (manifest.JOB, manifest.CARD)]
    if texts[0] != "task: caption\n" or not texts[1].startswith("---\nconfigs:"):
        wrong.append(f"{manifest.JOB} or {manifest.CARD} is torn: {texts}")
    return wrong


def _merged(folder: Path) -> list[str]:
    wrong = _whole_if_there(folder) if (folder / "out").exists() else ["there is no result"]
    left = sorted(path.name for path in folder.iterdir())
    return wrong if left == ["1", "2", "out"] else [*wrong, f"there is {left}"]


# ---------------------------------------------------------------- repair
def _real_plan(folder: Path) -> Plan:
    """A job over a table that is there, in two shards of two rows."""
    config = JobConfig.model_validate({
        "task": "caption", "model": "fake", "output": {"path": str(folder), "shard_rows": 2},
        "source": {"path": str(folder.parent / "source" / jobs.PATH), "reference_column": "reference",
                   "drop_columns": "image"},
    })  # fmt: skip
    return make_plan(config, open_source(config.source))


def _damaged(folder: Path) -> None:
    """One part committed, one row of the next shard recorded; then the ledger's first page is overwritten."""
    source = folder.parent / "source" / jobs.PATH
    source.parent.mkdir(exist_ok=True)
    if not source.exists():
        kept = pa.Table.from_pylist([jobs.kept_values(number) for number in range(4)], schema=jobs.KEPT)
        pq.write_table(kept.append_column("image", pa.array(["a.jpg"] * 4)), source)
    plan = _real_plan(folder)
    with jobs.begin(folder, plan) as ledger:
        manifest.write_job(folder, dump_yaml(plan.config))
        ledger.remember("worker", {})
        ledger.record(jobs.shard_events(plan.shards[0]))
        parts.commit_part(folder, ledger, plan, 0)
        ledger.record(jobs.row_events(plan.shards[1], 0))
        ledger.checkpoint()
    ledger_path = folder / LEDGER_NAME
    ledger_path.write_bytes(bytes(100) + ledger_path.read_bytes()[100:])
    ledger_path.with_name(LEDGER_NAME + "-wal").write_bytes(b"what a crash left")


def _repair_and_go_on(folder: Path) -> None:
    repair(folder)
    plan = _real_plan(folder)
    with Ledger.open(folder, create=False) as ledger:
        ledger.begin(plan.identity, plan.fingerprint, plan.files, plan.shards)
        parts.recover(folder, ledger)
        for index in ledger.open_shards():
            shard = ledger.shard(index)
            ledger.record([event for row in range(shard.rows) for event in jobs.row_events(shard, row, AGAIN)])
        for index in ledger.complete_shards():
            parts.commit_part(folder, ledger, plan, index)
        parts.finish(folder, ledger, plan)


FIRST = [[0, "ok", "row 0", 1], [1, "ok", "row 1", 1]]


def _one_part(folder: Path) -> list[str]:
    return _rows(folder, FIRST)


def _four_rows(folder: Path) -> list[str]:
    """The recorded row was taken over from the damaged ledger, or is computed again."""
    taken_over = [*FIRST, [2, "ok", "row 2", 1], [3, "ok", AGAIN, 1]]
    wrong = _rows(folder, taken_over, [*FIRST, [2, "ok", AGAIN, 1], [3, "ok", AGAIN, 1]])
    listed = json.loads((folder / manifest.NAME).read_text())["files"]
    if [durable.sha256(folder / entry["path"]) for entry in listed] != [entry["sha256"] for entry in listed]:
        wrong.append("the manifest is wrong")
    if not any(path.name.startswith(f"{LEDGER_NAME}.damaged-") for path in folder.iterdir()):
        wrong.append("the damaged ledger is gone")
    return wrong


COMMANDS = {
    "run --fresh": Command(
        _complete_with_config, set_aside, _begin_anew, lambda folder: _rows(folder, OLD_FAILED, []), _kept_aside
    ),
    "merge": Command(_portions, _merge, _merge, _whole_if_there, _merged),
    "repair": Command(_damaged, repair, _repair_and_go_on, _one_part, _four_rows),
}
