"""How a job behaves as it grows, with the fake engine: what is left is reading, preparing, frames, ledger and parts.

Runs the command as a person does, kills it at nine tenths, and gives it again.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from batch.bench.tables import text_table
from batch.errors import BatchError
from batch.ledger.status import read_status
from batch.machine.memory import footprint_bytes

EARLY_ROWS = 2000  # after the first parts: libraries are warm
PATIENCE_S = 1800.0


@dataclass(frozen=True, slots=True)
class Growth:
    """Seconds and bytes of one job; `early` is at a tenth of the rows (EARLY_ROWS at least), `late` at nine tenths.
    `whole`: every row once and in order, after the kill too."""

    rows: int
    seconds_per_row: float
    runner_bytes_early: int
    runner_bytes_late: int
    ledger_bytes_late: int
    resume_first_row_s: float
    resumed_rows: int
    whole: bool


def measure_all(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """One job of each size."""
    found = []
    for rows in sizes:
        with TemporaryDirectory() as place:
            found.append(asdict(measure(Path(place), rows)))
    return found


def measure(folder: Path, rows: int) -> Growth:
    """Raises RuntimeError where the job ends badly."""
    out, job = folder / "job.out", folder / "job.yaml"
    text_table(folder / "in.parquet", rows)
    job.write_text(
        json.dumps(
            {
                "task": "answer", "model": "fake", "source": {"path": str(folder / "in.parquet")},
                "engine": {"slots": 64}, "output": {"path": str(out)},
            }
        ),
        encoding="utf-8",
    )  # fmt: skip
    runner = _start(job)
    early_at, early = _wait(out, min(rows * 8 // 10, max(rows // 10, EARLY_ROWS)))
    bytes_early = footprint_bytes(runner.pid)
    late_at, late = _wait(out, rows * 9 // 10)
    bytes_late, ledger_bytes = footprint_bytes(runner.pid), (out / "ledger.sqlite").stat().st_size
    os.kill(runner.pid, signal.SIGKILL)
    runner.wait()
    at_kill = read_status(out).counts.done
    restarted = time.monotonic()
    again = _start(job)
    first_s = _wait(out, min(rows, at_kill + 1))[0] - restarted
    if again.wait() != 0:
        raise RuntimeError(f"the job ended with exit code {again.returncode}")
    return Growth(
        rows=rows,
        seconds_per_row=(late_at - early_at) / max(1, late - early),
        runner_bytes_early=bytes_early,
        runner_bytes_late=bytes_late,
        ledger_bytes_late=ledger_bytes,
        resume_first_row_s=first_s,
        resumed_rows=rows - at_kill,
        whole=_row_ids(out) == [f"in.parquet#{row}" for row in range(rows)],
    )


def _start(job: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "batch", "run", str(job)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _wait(folder: Path, rows: int) -> tuple[float, int]:
    """When `rows` were done, and how many were by then. In this process: a command would cost its own start."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            done = read_status(folder).counts.done
        except BatchError:  # the ledger is not there yet
            done = 0
        if done >= rows:
            return time.monotonic(), done
        time.sleep(0.02)
    raise RuntimeError(f"{rows} rows were not reached in {PATIENCE_S:.0f} s")


def _row_ids(folder: Path) -> list[str]:
    parts = sorted((folder / "data").glob("*.parquet"))
    return [row_id for part in parts for row_id in pq.read_table(part, columns=["row_id"])["row_id"].to_pylist()]
