"""What the runner's own work costs a row with up to 1,000 nodes: its real loop, schedule, ledger and parts, over nodes
that are only simulated. `python -m tests.executors.dask.thousand_nodes`, about two minutes, and one more with
`--job-rows 250000000`: the first 40,000 rows of a job that has a quarter of 10^9.

A simulated node takes its assignments and says at once what a worker would say of some of its rows, as frames that are
decoded as real ones are; so what is measured is processor time, and a runner is full where that fills one core.
"""

import argparse
import contextlib
import json
import random
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from batch import wire
from batch.errors import Interrupted
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

    def __init__(self, count: int, stop: Stop) -> None:
        """Asks the loop to stop after ROWS."""
        self._stop = stop
        self._left = ROWS
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
            self._left -= len(taken)
            for row in taken:
                events += jobs.row_events(assignment.shard, row)
            if not rows:
                work.popleft()
                events.append(AssignmentFinished(assignment.shard.index))
        if self._left <= 0:
            self._stop.asked = 2
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


def measure(folder: Path, nodes: int, job_rows: int, shard_rows: int = 512) -> dict[str, float]:
    began, stop = time.monotonic(), Stop()
    plan = jobs.plan(job_rows, shard_rows)
    ledger = jobs.begin(folder, plan)
    planned_s = time.monotonic() - began
    executor = SimulatedNodes(nodes, stop)
    loop = Loop(
        plan=plan,
        folder=folder,
        ledger=ledger,
        executor=executor,
        worker_job=WorkerJob(plan.config.model_dump_json(by_alias=True), "", 8, b"", b""),
        provenance={},
        watcher=Nobody(),
        describe_death=str,
        stop=stop,
        power=PowerRule(pause_on_battery=False, battery_min_percent=0),
        presence=Presence(folder, ledger.path),
        space=Space(folder, ledger, 0),
    )
    began, cpu = time.monotonic(), time.process_time()
    with contextlib.suppress(Interrupted):
        loop.run()
    done = ledger.counts().done
    ledger.close()
    spent_s, wall_s = time.process_time() - cpu, time.monotonic() - began
    assert done >= ROWS
    return {
        "nodes": nodes,
        "shards": len(plan.shards),
        "rows": done,
        "cpu_ms_per_row": 1000 * spent_s / done,
        "wall_ms_per_row": 1000 * wall_s / done,
        "full_at_rows_per_s": done / spent_s,
        "planned_s": planned_s,
        "memory_mb": psutil.Process().memory_info().rss / 1e6,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--job-rows", type=int, default=ROWS)
    for count in NODES if (asked := parser.parse_args().job_rows) == ROWS else NODES[-1:]:
        with tempfile.TemporaryDirectory() as place:
            figures = measure(Path(place) / "job", count, asked)
        print(json.dumps({name: round(value, 3) for name, value in figures.items()}), flush=True)
