"""What the runner's own work costs a row with up to 1,000 nodes: its real loop, schedule, ledger and parts, over nodes
that are only simulated. `python -m tests.executors.dask.thousand_nodes`, about two minutes.

A simulated node takes its assignments and says at once what a worker would say of some of its rows, as frames that are
decoded as real ones are; so what is measured is processor time, and a runner is full where that fills one core.
"""

import json
import random
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from batch import wire
from batch.executors.dask.frames import read_frames
from batch.interrupt import Stop
from batch.loop import Loop
from batch.machine.power import PowerRule
from batch.output.presence import Presence
from batch.output.space import Space
from batch.records import Assignment, AssignmentFinished, Event, WorkerJob
from tests import jobs

ROWS_AT_ONCE = 8
NODES = (1, 10, 100, 1000)
ROWS = 40_000


class SimulatedNodes:
    """An executor without a cluster."""

    remote = True
    most_rows: int | None = None

    def __init__(self, count: int) -> None:
        self.nodes: Sequence[str] = [f"node-{index}" for index in range(count)]
        self._work: dict[str, deque[tuple[Assignment, list[int]]]] = {name: deque() for name in self.nodes}
        self._rng = random.Random(count)
        self._ready = False
        self.bytes = 0

    @property
    def drained(self) -> bool:
        return not self._ready

    def start(self, job: WorkerJob) -> None:
        self._ready = True

    def restart(self, node: str) -> None:
        raise NotImplementedError

    def fence(self, node: str, reason: str) -> bool:
        return False

    def submit(self, node: str, assignment: Assignment) -> None:
        self.bytes += len(wire.encode(assignment))
        self._work[node].append((assignment, list(assignment.rows)))

    def acknowledge(self, node: str, count: int) -> None:
        pass

    def poll(self, timeout_s: float) -> list[tuple[str, list[Event]]]:
        """A tenth of the nodes, at least one, have some rows done."""
        speaking = self._rng.sample(list(self.nodes), max(1, len(self.nodes) // 10))
        said = [(node, self._speak(node)) for node in speaking]
        return [(node, events) for node, events in said if events]

    def _speak(self, node: str) -> list[Event]:
        events: list[Event] = []
        work = self._work[node]
        while work and len(events) < 4 * ROWS_AT_ONCE:
            assignment, rows = work[0]
            taken, rows[:] = rows[:ROWS_AT_ONCE], rows[ROWS_AT_ONCE:]
            for row in taken:
                events += jobs.row_events(assignment.shard, row)
            if not rows:
                work.popleft()
                events.append(AssignmentFinished(assignment.shard.index))
        return read_frames(b"".join(map(wire.encode, events)))

    def report(self) -> list[dict[str, Any]]:
        return []

    def drain(self) -> None:
        pass

    def close(self) -> None:
        pass


class Nobody:
    """A watcher that sees nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


def measure(folder: Path, nodes: int, shard_rows: int = 512) -> dict[str, float]:
    plan = jobs.plan(ROWS, shard_rows)
    ledger = jobs.begin(folder, plan)
    executor = SimulatedNodes(nodes)
    loop = Loop(
        plan=plan,
        folder=folder,
        ledger=ledger,
        executor=executor,
        worker_job=WorkerJob(plan.config.model_dump_json(by_alias=True), "", 8, b"", b""),
        provenance={},
        watcher=Nobody(),
        describe_death=str,
        stop=Stop(),
        power=PowerRule(pause_on_battery=False, battery_min_percent=0),
        presence=Presence(folder, ledger.path),
        space=Space(folder, ledger, 0),
    )
    began, cpu = time.monotonic(), time.process_time()
    try:
        loop.run()
    finally:
        ledger.close()
    spent_s, wall_s = time.process_time() - cpu, time.monotonic() - began
    assert sum(part.rows for part in ledger_parts(folder)) == ROWS
    return {
        "nodes": nodes,
        "rows": ROWS,
        "cpu_ms_per_row": 1000 * spent_s / ROWS,
        "wall_ms_per_row": 1000 * wall_s / ROWS,
        "full_at_rows_per_s": ROWS / spent_s,
    }


def ledger_parts(folder: Path) -> list[Any]:
    manifest = json.loads((folder / "manifest.json").read_text())
    return [SimpleNamespace(**entry) for entry in manifest["files"]]


if __name__ == "__main__":
    for count in NODES:
        with tempfile.TemporaryDirectory() as place:
            figures = measure(Path(place) / "job", count)
        print(json.dumps({name: round(value, 3) for name, value in figures.items()}), flush=True)
