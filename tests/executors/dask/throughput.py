"""Throughput of 1, 2, 4, 8 nodes with a fake engine of fixed service time, and what a row costs scheduler and runner.

`python -m tests.executors.dask.throughput`, about ten minutes. Real processes on loopback. The service time is long, so
that the processors of one machine are not the limit: eight nodes must behave like eight machines.
"""

import json
import tempfile
import time
from pathlib import Path

import psutil

from tests.commands import answers_of, start_command, text_table, write_config
from tests.executors.dask.clusters import cluster, rows_done

NODES = (1, 2, 4, 8)
SLOTS = 8
STEP_S, TOKENS = 1.0, 4
SERVICE = json.dumps({"step_s": STEP_S, "tokens": TOKENS})
ROWS_PER_NODE = 160  # about 80 s of work
SAMPLE_S = 1.0


def measure(folder: Path, nodes: int) -> dict[str, float]:
    rows = ROWS_PER_NODE * nodes
    job = write_config(
        folder / "job.yaml",
        task="answer",
        model="fake",
        source={"path": str(text_table(folder / "in.parquet", rows))},
        engine={"slots": SLOTS},
        prepare={"processes": 1},
        output={"path": str(folder / "out"), "shard_rows": 32},
    )
    with cluster(folder / "cluster", nodes, GEMMA4_BATCH_FAKE=SERVICE) as made:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not all("joined" in made.log(f"node-{index}") for index in range(nodes)):
            time.sleep(0.2)
        scheduler = psutil.Process(made.processes["scheduler"].pid)
        runner = start_command("run", job, "--executor", f"dask={made.address}", log=folder / "log")
        watched = (psutil.Process(runner.pid), scheduler)
        samples: list[tuple[float, int, float, float]] = []
        while runner.poll() is None:
            done = rows_done(folder / "out")
            samples.append((time.monotonic(), done, *(_cpu_s(process) for process in watched)))
            time.sleep(SAMPLE_S)
        assert runner.returncode == 0, (folder / "log").read_text()
    assert len(set(answers_of(folder / "out"))) == rows
    # Between a fifth, when all have loaded, and four fifths of the rows; and from the first row to the last.
    steady = [sample for sample in samples if rows * 0.2 <= sample[1] <= rows * 0.8]
    (began, first, *cpu), (ended, last, *cpu_then) = steady[0], steady[-1]
    worked = [at for at, done, *_ in samples if done > 0]
    return {
        "nodes": nodes,
        "rows_per_s": (last - first) / (ended - began),
        "ideal_rows_per_s": nodes * SLOTS / (STEP_S * TOKENS),
        "rows_per_s_with_both_ends": rows / (worked[-1] - worked[0] + STEP_S * TOKENS),
        "runner_cpu_ms_per_row": 1000 * (cpu_then[0] - cpu[0]) / (last - first),
        "scheduler_cpu_ms_per_row": 1000 * (cpu_then[1] - cpu[1]) / (last - first),
    }


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


if __name__ == "__main__":
    one = 0.0
    for count in NODES:
        with tempfile.TemporaryDirectory() as place:
            figures = measure(Path(place), count)
        one = one or figures["rows_per_s"]
        figures["share_of_n_times_one"] = figures["rows_per_s"] / (count * one)
        print(json.dumps({name: round(value, 3) for name, value in figures.items()}), flush=True)
