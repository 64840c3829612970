"""Run one start of a job, and end the process at a given line of our code, as a power switch would.

`python -m tests.crash_at_line SCENARIO FOLDER STRIDE`: for n = 1, 1 + STRIDE, ... a copy of the job is started in a
forked child, which ends without any clean-up before it first executes the n-th line of the files that write. Then the
copy is looked at as a reader would, and started again, whole. Prints one JSON line per n; stops when a start was not
cut short.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pyarrow.parquet as pq

import batch
from batch import durable
from batch.records import RowFailed
from tests import jobs

WRITING = (
    "durable.py", "output/parts.py", "output/manifest.py", "ledger/lock.py", "ledger/ledger.py", "ledger/schema.py",
    "ledger/stored_parts.py", "ledger/stored_plan.py", "ledger/events.py",
)  # fmt: skip
FILES = frozenset(str(Path(batch.__file__).parent / name) for name in WRITING)
CUT = 9
JOB = jobs.plan(2, 2)


def start(folder: Path) -> None:
    """What every start of the command does, the loop left out."""
    with jobs.begin(folder, JOB) as ledger:
        jobs.finish(folder, ledger, JOB)


def prepare_first(folder: Path) -> None:
    """Both rows are recorded, nothing is committed."""
    with jobs.begin(folder, JOB) as ledger:
        ledger.record(jobs.shard_events(JOB.shards[0]))


def prepare_rewrite(folder: Path) -> None:
    """A complete job, of which one row failed, is tried again: its new answer is recorded."""
    from batch.output import parts

    with jobs.begin(folder, JOB) as ledger:
        ledger.record([*jobs.row_events(JOB.shards[0], 0), RowFailed(0, 1, "fetch_failed", "try later")])
        jobs.finish(folder, ledger, JOB)
        parts.reopen_failed(folder, ledger, JOB)
        ledger.record(jobs.row_events(JOB.shards[0], 1))


def prepare_nothing(folder: Path) -> None:
    """The job was never started."""


SCENARIOS = {"first": prepare_first, "rewrite": prepare_rewrite, "nothing": prepare_nothing}


def cut_before(line: int) -> Callable[[FrameType, str, Any], Any]:
    """A trace function that ends the process before the `line`-th new line of our code is executed."""
    executed: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in FILES:
            return None
        if event == "line":
            executed.add((frame.f_code.co_filename, frame.f_lineno))
            if len(executed) == line:
                os._exit(CUT)
        return trace

    return trace


def in_child(act: Callable[[], Any]) -> int:
    """The exit status of `act` in a forked child."""
    child = os.fork()
    if child == 0:
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def seen(folder: Path) -> dict[str, Any]:
    """What a reader finds."""
    parts = sorted(folder.glob("data/*.parquet"))
    rows = [row for part in parts for row in pq.read_table(part).to_pylist()]
    manifest = folder / "manifest.json"
    listed = json.loads(manifest.read_text())["files"] if manifest.exists() else None
    return {
        "rows": [[row["id"], row["status"], row["caption"], row["attempts"]] for row in rows],
        "manifest_right": None
        if listed is None
        else [f["sha256"] for f in listed] == [durable.sha256(p) for p in parts],
        "hidden": sorted(path.name for path in folder.rglob(".*")),
    }


def main(scenario: str, home: Path, stride: int) -> None:
    warm = home / "warm"
    start(warm)  # what is loaded and built once, is not loaded and built once per child
    seen(warm)
    template = home / "template"
    template.mkdir()
    in_child(lambda: SCENARIOS[scenario](template))
    code, line = CUT, 1 - stride
    while code == CUT:
        line += stride
        folder = home / "copy"
        shutil.copytree(template, folder)

        def cut_short(line: int = line, folder: Path = folder) -> None:
            sys.settrace(cut_before(line))
            start(folder)

        def look_and_resume(line: int = line, folder: Path = folder) -> None:
            between = seen(folder)
            start(folder)
            print(json.dumps({"line": line, "between": between, "after": seen(folder)}), flush=True)

        code = in_child(cut_short)
        if in_child(look_and_resume) != 0:
            sys.exit(f"cut at line {line}, the next start failed")
        shutil.rmtree(folder)
    sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
