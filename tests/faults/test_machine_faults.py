"""Two runners at once, and a clock that jumps back a year: what becomes of the job."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from batch.errors import BatchError
from batch.ledger.status import read_status
from batch.output.verify import verify
from tests.commands import ROOT, run_command, start_command, text_table, write_config

pytestmark = pytest.mark.timeout(300)
SLOW = '{"step_s": 2.0, "tokens": 2}'
YEAR_S = 365 * 24 * 3600


def job_of(folder: Path, rows: int) -> Path:
    return write_config(
        folder / "job.yaml", task="answer", model="fake", source={"path": str(text_table(folder / "in.parquet", rows))},
        engine={"slots": 4}, output={"path": str(folder / "out"), "shard_rows": 16},
    )  # fmt: skip


def test_a_second_runner_is_refused_by_name_and_the_first_one_ends_well(tmp_path: Path) -> None:
    job = job_of(tmp_path, 200)
    first = start_command("run", job, log=tmp_path / "log", GEMMA4_BATCH_FAKE=SLOW)
    wait_for_rows(tmp_path / "out", 4)
    for flags in ([], ["--fresh"], ["--retry-failed"]):
        second = run_command("run", job, *flags)
        assert second.returncode == 1
        assert f"is being worked on by process {first.pid}" in second.stderr
    assert verify(tmp_path / "out").state == "running"
    first.terminate()
    assert first.wait(60) == 130
    assert run_command("run", job).returncode == 0
    receipt = verify(tmp_path / "out")
    assert (receipt.differences, receipt.rows["ok"]) == ([], 200)
    assert read_status(tmp_path / "out").recomputed == 0


def wait_for_rows(out: Path, rows: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if read_status(out).counts.done >= rows:
                return
        except BatchError:
            pass
        time.sleep(0.05)
    raise AssertionError("the first runner does nothing")


def test_a_clock_that_jumps_back_a_year_changes_nothing(tmp_path: Path) -> None:
    """Twice: while the job runs, and between two starts of it."""
    job = job_of(tmp_path, 120)
    program = (
        "import sys, time\n"
        "real, out = time.time, sys.argv[2]\n"
        "def jumping():\n"
        "    from pathlib import Path\n"
        f"    return real() - {YEAR_S} * any(Path(out, 'data').glob('*.parquet'))\n"
        "time.time = jumping\n"
        "sys.argv = ['gemma4-batch', 'run', sys.argv[1]]\n"
        "from batch.cli import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", program, str(job), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=240)
    assert done.returncode == 0, done.stderr
    status = read_status(tmp_path / "out")
    assert status.started_at is not None
    assert status.ended_at is not None
    assert status.ended_at < status.started_at  # so it did jump
    text_table(tmp_path / "in.parquet", 140)
    again = run_command("run", job, "--accept-changed")
    assert again.returncode == 0, again.stderr
    receipt = verify(tmp_path / "out")
    assert (receipt.differences, receipt.state, receipt.rows["ok"]) == ([], "complete", 140)
    shown = run_command("status", tmp_path / "out")
    assert (shown.returncode, "complete" in shown.stdout) == (0, True)
