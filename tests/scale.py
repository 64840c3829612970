"""How the runner behaves at 100,000 rows: `python -m tests.scale [ROWS]` prints time and memory, with the fake engine.

The engine takes no time, so what is left is reading, preparing, frames, ledger and parts: the overhead.
"""

import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.commands import kill, output_of, start_command, status_of, text_table, write_config


@dataclass(frozen=True)
class Figures:
    """Seconds and bytes of one job; `early` is at a tenth of the rows (2,000 at least), `late` at nine tenths."""

    rows: int
    seconds_per_row: float
    runner_bytes_early: int
    runner_bytes_late: int
    ledger_bytes_late: int
    resume_first_row_s: float
    resumed_rows: int


def measure(folder: Path, rows: int) -> Figures:
    """Runs the job to 90 %, kills it, resumes it. Raises AssertionError where a row is lost or doubled."""
    job = write_config(
        folder / "job.yaml",
        task="answer",
        model="fake",
        source={"path": str(text_table(folder / "in.parquet", rows))},
        engine={"slots": 64},
    )
    out = folder / "job.out"
    log = folder / "log"
    runner = start_command("run", job, log=log)
    early_at, early = _wait(out, max(rows // 10, 2_000))  # after the first parts: libraries are warm
    runner_bytes_early = _resident(runner.pid)
    late_at, late = _wait(out, rows * 9 // 10)
    runner_bytes_late, ledger_bytes = _resident(runner.pid), (out / "ledger.sqlite").stat().st_size
    kill(runner.pid)
    runner.wait()
    at_kill = status_of(out)["rows_done"]
    restarted = time.monotonic()
    again = start_command("run", job, log=log)
    first_s = _wait(out, at_kill + 1)[0] - restarted
    assert again.wait() == 0, log.read_text()
    row_ids = output_of(out)["row_id"].to_pylist()
    assert row_ids == [f"in.parquet#{row}" for row in range(rows)]
    return Figures(
        rows=rows,
        seconds_per_row=(late_at - early_at) / (late - early),
        runner_bytes_early=runner_bytes_early,
        runner_bytes_late=runner_bytes_late,
        ledger_bytes_late=ledger_bytes,
        resume_first_row_s=first_s,
        resumed_rows=rows - at_kill,
    )


def _wait(folder: Path, rows: int) -> tuple[float, int]:
    """When `rows` were done, and how many were by then. In this process: a command would cost its own start."""
    from batch.errors import BatchError
    from batch.ledger.status import read_status

    deadline = time.monotonic() + 1800
    while time.monotonic() < deadline:
        try:
            done = read_status(folder).counts.done
        except BatchError:  # the ledger is not there yet
            done = 0
        if done >= rows:
            return time.monotonic(), done
        time.sleep(0.02)
    raise AssertionError(f"{rows} rows were not reached")


def _resident(pid: int) -> int:
    """Resident bytes of a process (Linux: /proc; elsewhere ps)."""
    if sys.platform == "linux":
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    import subprocess

    return int(subprocess.check_output(["/bin/ps", "-o", "rss=", "-p", str(pid)])) * 1024


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(asdict(measure(Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)), indent=2))
