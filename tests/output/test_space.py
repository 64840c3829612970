"""A disk that fills: the job says so early, and stops while it still can in order."""

from pathlib import Path

import pytest

from batch.errors import OutputError
from batch.output import parts
from batch.output.space import LOOK_EVERY_S, Space
from tests import jobs

MB = 10**6


def part_bytes(folder: Path) -> int:
    return max(path.stat().st_size for path in (folder / "data").glob("*.parquet"))


def test_it_stops_before_the_next_part_may_not_fit_and_says_what_is_needed_and_where(tmp_path: Path) -> None:
    job = jobs.plan(30)
    free = [500 * MB]
    with jobs.begin(tmp_path, job) as ledger:
        clock = [0.0]
        space = Space(tmp_path, ledger, 100 * MB, free=lambda path: free[0], now_s=lambda: clock[0])
        assert space.check() is None
        ledger.record(jobs.shard_events(ledger.shard(0)))
        parts.commit_part(tmp_path, ledger, job, 0)
        free[0] = 100 * MB + 2 * part_bytes(tmp_path)
        clock[0] += LOOK_EVERY_S
        warning = space.check()
        assert warning is not None
        assert warning.endswith("are free: it will stop before the disk is full")
        assert warning.startswith("about ")
        clock[0] += LOOK_EVERY_S
        assert space.check() is None, "said once"
        free[0] -= 1
        assert space.check() is None, "not looked at yet"
        clock[0] += LOOK_EVERY_S
        with pytest.raises(OutputError) as caught:
            space.check()
    text = str(caught.value)
    assert text.startswith(f"the disk is nearly full: 100 MB are free at {str(tmp_path)!r}, and 100 MB are wanted")
    assert "all that is left of the job needs about " in text
    assert text.endswith("Make space there and give the same command again: it resumes where it stopped")


def test_what_is_left_is_reckoned_from_the_latest_parts(tmp_path: Path) -> None:
    job = jobs.plan(30)  # ten parts
    with jobs.begin(tmp_path, job) as ledger:
        for index in (0, 1):
            ledger.record(jobs.shard_events(ledger.shard(index)))
            parts.commit_part(tmp_path, ledger, job, index)
        sizes = [path.stat().st_size for path in (tmp_path / "data").glob("*.parquet")]
        assert Space(tmp_path, ledger, 1)._expected() == (max(sizes), round(24 * sum(sizes) / 6))
