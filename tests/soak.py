"""A long night in small: `python -m tests.soak [ROWS]` runs 1,000,000 rows of the fake engine, the worker replaced now
and then (`RECYCLE_ROWS`), and prints for every tenth its speed and the most memory and ledger there were in it.

What must hold: the runner's and the worker's memory do not grow with the rows, the ledger does not, and the last tenth
goes as fast as the first. Speed is told three times: by the clock; by the processor time of the job's own processes;
and by that of runner and worker in units of the preparers'. A preparer does the same for every row and remembers none,
so the last is what other work on the machine disturbs least. Exit code 1 where something does not hold, by that one.
"""

import json
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from batch.errors import BatchError
from batch.ledger.status import read_status
from batch.output.verify import verify
from tests.commands import children_of, start_command, write_config

RECYCLE_ROWS = 100_000
SLOTS = 64
TENTHS = 10
SETTLED = 6
POLL_S = 0.25
TICKS_PER_S = 100
MOST_GROWTH = 1.05
LEAST_SPEED = 0.95


@dataclass(frozen=True)
class Moment:
    """Where the job was when a tenth more was done. Seconds since the start; `workers` so far; the most bytes since the
    moment before, the ledger with its journal; `by_role`: processor seconds of runner, worker, preparers and reader."""

    rows: int
    seconds: float
    processor_s: float
    runner_bytes: int
    worker_bytes: int
    ledger_bytes: int
    workers: int
    by_role: dict[str, float]


def soak(folder: Path, rows: int) -> tuple[list[Moment], dict[str, Any]]:
    """Moments, and the receipt of `verify`. Raises RuntimeError where the job fails."""
    prompts = pa.array((f"Say: item {row} of the list" for row in range(rows)), pa.string())
    pq.write_table(pa.table({"prompt": prompts}), folder / "in.parquet", row_group_size=10_000)
    job = write_config(
        folder / "job.yaml", task="answer", model="fake", source={"path": str(folder / "in.parquet")},
        engine={"slots": SLOTS, "recycle_rows": RECYCLE_ROWS}, output={"path": str(folder / "out"), "shard_rows": 4096},
    )  # fmt: skip
    log = folder / "log"
    began = time.monotonic()
    runner = start_command("run", job, log=log)
    watch = Processes(runner.pid)
    moments: list[Moment] = []
    runner_bytes = worker_bytes = ledger_bytes = 0
    while runner.poll() is None:
        watch.look()
        done = _done(folder / "out")
        runner_bytes = max(runner_bytes, resident(runner.pid))
        worker_bytes = max(worker_bytes, resident(watch.worker))
        ledger_bytes = max(ledger_bytes, sum(map(_size, (folder / "out").glob("ledger.sqlite*"))))
        if done and done >= rows * len(moments) // TENTHS:  # the first moment is that of the first rows
            seconds, processor_s = round(time.monotonic() - began, 2), round(watch.processor_s, 2)
            sizes = (runner_bytes, worker_bytes, ledger_bytes)
            moments.append(Moment(done, seconds, processor_s, *sizes, len(watch.workers), watch.by_role()))
            runner_bytes = worker_bytes = ledger_bytes = 0
            print(json.dumps(asdict(moments[-1])), flush=True)
        time.sleep(POLL_S)
    if runner.returncode != 0:
        raise RuntimeError(log.read_text()[-2000:])
    return moments, verify(folder / "out").as_dict()


def _done(out: Path) -> int:
    try:
        return read_status(out).counts.done
    except BatchError:  # the ledger is not there yet
        return 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # a journal that is gone
        return 0


class Processes:
    """The runner and everything below it; those that ended count with what they had used when last looked at."""

    def __init__(self, runner: int) -> None:
        self._runner = runner
        self._used: dict[int, float] = {}
        self._roles: dict[int, str] = {}
        self.workers: list[int] = []

    @property
    def worker(self) -> int:
        return self.workers[-1] if self.workers else 0

    @property
    def processor_s(self) -> float:
        return sum(self._used.values())

    def by_role(self) -> dict[str, float]:
        total: defaultdict[str, float] = defaultdict(float)
        for pid, used in self._used.items():
            total[self._roles[pid]] += used
        return {role: round(used, 2) for role, used in total.items()}

    def look(self) -> None:
        waiting = [self._runner]
        for pid in waiting:
            waiting += children_of(pid)
            used = processor_seconds(pid)
            if used is not None:
                self._used[pid] = used
                # Before its exec it is called as its parent is.
                self._roles[pid] = _role(pid) or self._roles.get(pid, "runner")
        self.workers += [pid for pid in children_of(self._runner) if pid not in self.workers]


def _role(pid: int) -> str:
    """`worker`, `preparer`, `reader` (batch/child.py); the runner is none of its children."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return words[words.index(b"batch.child") + 1].decode() if b"batch.child" in words else "runner"


def processor_seconds(pid: int) -> float | None:
    """User and system time of one process (proc(5), fields 14 and 15); None where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    except OSError:
        return 0


def summary(moments: list[Moment], receipt: dict[str, Any]) -> tuple[str, list[str]]:
    """What to print, and what does not hold."""

    def per_row(name: str, tenth: int) -> float:
        one, other = moments[tenth - 1], moments[tenth]
        return float(getattr(other, name) - getattr(one, name)) / (other.rows - one.rows)

    def in_preparing(tenth: int) -> float:
        one, other = moments[tenth - 1].by_role, moments[tenth].by_role
        spent = {role: other[role] - one.get(role, 0.0) for role in other}
        return (spent["runner"] + spent["worker"]) / spent["preparer"]

    def grown(name: str) -> float:
        """The last tenth against the most before, once the index of answers is full and its pages have settled."""
        return float(getattr(moments[-1], name)) / max(getattr(moment, name) for moment in moments[1 : SETTLED + 1])

    last = len(moments) - 1
    clock = per_row("seconds", 1) / per_row("seconds", last)
    processor = per_row("processor_s", 1) / per_row("processor_s", last)
    relative = in_preparing(1) / in_preparing(last)
    sizes = {name: grown(f"{name}_bytes") for name in ("runner", "worker", "ledger")}
    wrong = [f"{name} has grown to {share:.0%}" for name, share in sizes.items() if share > MOST_GROWTH]
    if relative < LEAST_SPEED:
        wrong.append(f"the last tenth ran at {relative:.1%} of the first")
    if receipt["rows"]["ok"] != receipt["rows"]["input"] or not receipt["verified"]:
        wrong.append(f"the receipt: {receipt}")
    shares = ", ".join(f"{name} {share:.1%}" for name, share in sizes.items())
    return (
        f"{moments[-1].rows} rows in {moments[-1].seconds:.0f} s, {moments[-1].workers} workers; last tenth against "
        f"the first: {clock:.1%} by the clock, {processor:.1%} by processor time, {relative:.1%} in units of the "
        f"preparers' ({per_row('processor_s', last) * 1000:.2f} ms a row)\n"
        f"most bytes of the last tenth against the first {SETTLED}: {shares}; verified: {receipt['verified']}, "
        f"ok {receipt['rows']['ok']} of {receipt['rows']['input']}"
    ), wrong


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    shared = "/dev/shm" if Path("/dev/shm").is_dir() else None
    place = Path(tempfile.mkdtemp(prefix="soak-", dir=shared))
    try:
        text, wrong = summary(*soak(place, rows))
    finally:
        shutil.rmtree(place)
    print("\n".join([text, *wrong]))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
