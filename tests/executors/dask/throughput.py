"""Throughput of 1, 2, 4, 8 nodes with a fake engine of fixed service time, and what a row costs scheduler and runner.

`python -m tests.executors.dask.throughput`, about ten minutes: real processes on loopback, one cluster after the other.
Where the processors of one machine would be the limit, `--service-s 4` asks less of them: eight nodes must behave like
eight machines. Two rates are counted. `whole`: all rows, from the begin of the first request to the end of the last,
so with the nodes' start and the job's last rows, which a longer job hides better. `steady`: between a fifth and four
fifths of the rows.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from tests.commands import answers_of, start_command, text_table, write_config
from tests.executors.dask.clusters import cluster, rows_done

SLOTS = 8
TOKENS = 4
SAMPLE_S = 0.25


def measure(folder: Path, nodes: int, *, seconds: float, service_s: float) -> dict[str, float]:
    """One job of as many rows as `nodes` can do in `seconds`, with 8 requests at once that take `service_s` each."""
    ideal = nodes * SLOTS / service_s
    rows = round(ideal * seconds)
    job = write_config(
        folder / "job.yaml",
        task="answer",
        model="fake",
        source={"path": str(text_table(folder / "in.parquet", rows))},
        engine={"slots": SLOTS},
        prepare={"processes": 1},
        output={"path": str(folder / "out"), "shard_rows": 32},
    )
    speed = json.dumps({"step_s": service_s / TOKENS, "tokens": TOKENS})
    with cluster(folder / "cluster", nodes, GEMMA4_BATCH_FAKE=speed) as made:
        made.wait_for_nodes(nodes)
        scheduler = psutil.Process(made.processes["scheduler"].pid)
        runner = start_command("run", job, "--executor", f"dask={made.address}", log=folder / "log")
        watched = (psutil.Process(runner.pid), scheduler)
        samples: list[tuple[float, int, float, float]] = []
        while runner.poll() is None:
            done = rows_done(folder / "out")
            samples.append((time.monotonic(), done, *(_cpu_s(process) for process in watched)))
            time.sleep(SAMPLE_S)
        samples.append((time.monotonic(), rows_done(folder / "out"), *samples[-1][2:]))
        assert runner.returncode == 0, (folder / "log").read_text()
    assert len(set(answers_of(folder / "out"))) == rows
    began = next(at for at, done, *_ in samples if done > 0) - service_s
    ended = next(at for at, done, *_ in samples if done == rows)
    steady = [sample for sample in samples if rows * 0.2 <= sample[1] <= rows * 0.8]
    (first_at, first, *cpu), (last_at, last, *cpu_then) = steady[0], steady[-1]
    return {
        "nodes": nodes,
        "rows": rows,
        "seconds": ended - began,
        "ideal_rows_per_s": ideal,
        "whole_rows_per_s": rows / (ended - began),
        "steady_rows_per_s": (last - first) / (last_at - first_at),
        "runner_cpu_ms_per_row": 1000 * (cpu_then[0] - cpu[0]) / (last - first),
        "scheduler_cpu_ms_per_row": 1000 * (cpu_then[1] - cpu[1]) / (last - first),
    }


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def asked() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--seconds", type=float, default=120.0, help="how long each job should take")
    parser.add_argument("--service-s", type=float, default=1.0, help="how long a request takes")
    return parser.parse_args()


if __name__ == "__main__":
    options = asked()
    one: dict[str, float] = {}
    for count in options.nodes:
        with tempfile.TemporaryDirectory() as place:
            figures = measure(Path(place), count, seconds=options.seconds, service_s=options.service_s)
        one = one or figures
        for kind in ("whole", "steady"):
            alone = one[f"{kind}_rows_per_s"] / one["nodes"]
            figures[f"{kind}_share_of_n_times_one"] = figures[f"{kind}_rows_per_s"] / (count * alone)
        print(json.dumps({name: round(value, 3) for name, value in figures.items()}), flush=True)
