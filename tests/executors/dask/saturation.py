"""Where one runner, and its scheduler, are full: a simulation of up to 1,000 nodes with the measured cost of a row.

`python -m tests.executors.dask.saturation --runner-ms 0.9 --scheduler-ms 1.5 --rows-per-s 2`, seconds. Take the costs
from throughput.py. Every node computes `slots` requests at once and, as a worker, may hold no more than twice as many
that run or are not acknowledged: where runner or scheduler fall behind, nodes wait for them.
"""

import argparse
import heapq
import json
import random

SLOTS = 8
SIMULATED_S = 60.0
WARM_S = 20.0


class Server:
    """Takes a fixed time for each row, one after the other."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._free_at = 0.0
        self.busy_s = 0.0

    def ended(self, now: float) -> float:
        """When a row that arrives now has been dealt with."""
        self._free_at = max(now, self._free_at) + self._seconds
        self.busy_s += self._seconds
        return self._free_at


def simulate(nodes: int, rows_per_s: float, runner_s: float, scheduler_s: float) -> dict[str, float]:
    """Rows a second of `nodes` that would each do `rows_per_s` alone; half of a row's cost to the scheduler is its way
    to the runner, the other half what comes back."""
    rng, service_s = random.Random(nodes), SLOTS / rows_per_s
    scheduler, runner = Server(scheduler_s / 2), Server(runner_s)
    running, held = [0] * nodes, [0] * nodes
    events: list[tuple[float, int, int, str]] = []
    order, done = 0, 0

    def later(at: float, node: int, what: str) -> None:
        nonlocal order
        order += 1
        heapq.heappush(events, (at, order, node, what))

    def admit(node: int, now: float) -> None:
        while running[node] < SLOTS and running[node] + held[node] < 2 * SLOTS:
            running[node] += 1
            later(now + service_s * rng.uniform(0.5, 1.5), node, "computed")

    for node in range(nodes):
        admit(node, rng.uniform(0, service_s))
    while events and events[0][0] < WARM_S + SIMULATED_S:
        now, _, node, what = heapq.heappop(events)
        if what == "computed":
            running[node] -= 1
            held[node] += 1
            later(scheduler.ended(now), node, "at the runner")
        elif what == "at the runner":
            later(runner.ended(now), node, "recorded")
        elif what == "recorded":
            done += now > WARM_S
            later(scheduler.ended(now), node, "acknowledged")
        else:
            held[node] -= 1
        admit(node, now)
    return {
        "nodes": nodes,
        "rows_per_s": round(done / SIMULATED_S, 1),
        "share_of_n_times_one": round(done / SIMULATED_S / (nodes * rows_per_s), 3),
        "runner_busy": round(min(1.0, runner.busy_s / (WARM_S + SIMULATED_S)), 2),
        "scheduler_busy": round(min(1.0, scheduler.busy_s / (WARM_S + SIMULATED_S)), 2),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runner-ms", type=float, default=0.9)
    parser.add_argument("--scheduler-ms", type=float, default=1.5)
    parser.add_argument("--rows-per-s", type=float, default=2.0, help="of a node")
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 8, 50, 100, 200, 300, 400, 500, 700, 1000])
    asked = parser.parse_args()
    for count in asked.nodes:
        print(json.dumps(simulate(count, asked.rows_per_s, asked.runner_ms / 1000, asked.scheduler_ms / 1000)))
