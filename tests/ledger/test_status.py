"""`status` reads any job's ledger at once, beside a runner or after one."""

import dataclasses
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from batch.errors import LedgerError
from batch.ledger.status import LedgerStatus, read_status
from batch.records import RequestKey, RequestStarted, RowPlanned
from tests import jobs


def told(status: LedgerStatus) -> dict[str, object]:
    """Without times and names of this machine."""
    left_out = (
        "folder",
        "counts",
        "fingerprint",
        "pid",
        "host",
        "begun_at",
        "started_at",
        "ended_at",
        "schema_version",
    )
    return {name: value for name, value in status.as_dict().items() if name not in left_out}


def test_status_beside_a_runner_that_writes(tmp_path: Path) -> None:
    job = jobs.plan(6)
    with jobs.begin(tmp_path, job) as ledger:
        ledger.record(jobs.shard_events(job.shards[0], [0, 1]))
        ledger.record([RequestStarted(RequestKey(1, 0, 0)), RowPlanned(1, 0, 1)])
        status = read_status(tmp_path)
        assert status.counts == ledger.counts()
        assert told(status) == {
            "state": "running", "rows_total": 6, "rows_done": 2, "shards_total": 2, "shards_committed": 0,
            "requests_in_flight": 1, "requests_computed_again": 0, "runs": 1, "nodes": [],
        }  # fmt: skip
        assert (status.pid, status.host, status.fingerprint) == (os.getpid(), socket.gethostname(), "abc123")
        ledger.record(jobs.shard_events(job.shards[1]))
        assert read_status(tmp_path).counts.done == 5


def test_status_of_a_complete_job(tmp_path: Path) -> None:
    jobs.run(tmp_path, jobs.plan(7))
    status = read_status(tmp_path)
    assert told(status) == {
        "state": "complete", "rows_total": 7, "rows_done": 7, "shards_total": 3, "shards_committed": 3,
        "requests_in_flight": 0, "requests_computed_again": 0, "runs": 1, "nodes": [],
    }  # fmt: skip
    assert (status.counts.compared, status.counts.correct) == (4, 4)


def test_a_stopped_and_a_killed_runner_are_told_apart(tmp_path: Path) -> None:
    with jobs.begin(tmp_path, jobs.plan(3)):
        pass
    assert read_status(tmp_path).state == "stopped"
    killed = "jobs.begin(pathlib.Path(sys.argv[1]), jobs.plan(3)); os._exit(9)"  # without closing, as a kill does
    script = f"import os, pathlib, sys; from tests import jobs; {killed}"
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    status = read_status(tmp_path)
    assert (status.state, status.runs) == ("killed", 2)
    assert dataclasses.replace(status, running=True).state == "running"


def test_a_folder_that_only_may_be_read(tmp_path: Path) -> None:
    jobs.run(tmp_path, jobs.plan(3))
    before = sorted(path.name for path in tmp_path.iterdir())
    assert "ledger.sqlite-wal" not in before
    tmp_path.chmod(0o555)
    try:
        assert read_status(tmp_path).counts.done == 3
    finally:
        tmp_path.chmod(0o755)


def test_a_folder_without_a_job_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"has no ledger, so no job was begun there"):
        read_status(tmp_path)
    (tmp_path / "ledger.sqlite").write_bytes(b"scribble" * 1000)
    with pytest.raises(LedgerError, match=r"file is not a database"):
        read_status(tmp_path)


def test_status_of_a_large_job_is_instant(tmp_path: Path) -> None:
    job = jobs.plan(60_000, 200)
    with jobs.begin(tmp_path, job) as ledger:
        for shard in job.shards[:5]:
            ledger.record(jobs.shard_events(shard))
        began = time.perf_counter()
        assert read_status(tmp_path).counts.done == 1000
        assert time.perf_counter() - began < 1.0
