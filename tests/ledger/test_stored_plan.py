"""The plan in the ledger: never mixed with another, added to, never renumbered."""

from pathlib import Path

import pytest

from batch.errors import PlanMismatch
from batch.ledger.ledger import Ledger
from batch.records import (
    Assignment,
    Shard,
    Slice,
)
from tests import jobs
from tests.ledger.small_job import commit


def test_a_changed_job_is_refused_with_both_values(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        ledger.begin({"sampling.temperature": "0.0", "system": "null"}, "a", [jobs.source_file(3)], jobs.shards(3, 3))
        with pytest.raises(PlanMismatch) as caught:
            ledger.begin(
                {"sampling.temperature": "0.7", "media.vad": "2"}, "b", [jobs.source_file(3)], jobs.shards(3, 3)
            )
        assert str(caught.value).splitlines()[1:4] == [
            "  media.vad was not set, is now 2",
            "  sampling.temperature was 0.0, is now 0.7",
            "  system was null, is now not set",
        ]
        assert ledger.recall("fingerprint") == "a"


def test_changed_and_missing_files_are_refused(tmp_path: Path) -> None:
    files = [jobs.source_file(3, "a.parquet"), jobs.source_file(3, "b.parquet")]
    with Ledger.open(tmp_path) as ledger:
        ledger.begin({}, "fp", files, [])
        with pytest.raises(PlanMismatch) as caught:
            ledger.begin({}, "fp", [jobs.source_file(4, "a.parquet", "f2")], [])
        assert str(caught.value).splitlines()[1:3] == [
            "  'a.parquet' was f1 (103 bytes), is now f2 (104 bytes)",
            "  'b.parquet' had 103 bytes, is missing now",
        ]
        assert ledger.files() == tuple(files)


def test_new_files_append_shards_and_nothing_is_renumbered(tmp_path: Path) -> None:
    old, new = jobs.source_file(4), jobs.source_file(2, "new.parquet")
    with Ledger.open(tmp_path) as ledger:
        ledger.begin({}, "fp", [old], jobs.shards(4, 3))
        ledger.begin({}, "fp", [old, new], [*jobs.shards(4, 3), Shard(2, (Slice("new.parquet", 0, 2),))])
        assert ledger.files() == (old, new)
        assert [ledger.shard(index) for index in ledger.open_shards()] == [
            *jobs.shards(4, 3),
            Shard(2, (Slice("new.parquet", 0, 2),)),
        ]


def test_shards_keep_their_cut_when_the_plan_cuts_otherwise(tmp_path: Path) -> None:
    """`output.shard_rows` may change between runs, and a raised limit lengthens the last file."""
    with Ledger.open(tmp_path) as ledger:
        ledger.begin({}, "fp", [jobs.source_file(10)], jobs.shards(4, 3))
        ledger.begin({}, "fp", [jobs.source_file(10)], jobs.shards(10, 5))
        assert [ledger.shard(index).slices for index in ledger.open_shards()] == [
            (Slice(jobs.PATH, 0, 3),),
            (Slice(jobs.PATH, 3, 4),),
            (Slice(jobs.PATH, 4, 5),),
            (Slice(jobs.PATH, 5, 10),),
        ]


def test_accepted_changes_are_done_again_and_the_rest_is_kept(tmp_path: Path) -> None:
    files = [jobs.source_file(2, name) for name in ("a", "b", "c")]
    slices = [Slice(name, 0, 2) for name in ("a", "b", "c")]
    shards = [Shard(0, tuple(slices[:2])), Shard(1, (slices[2],))]
    with Ledger.open(tmp_path) as ledger:
        ledger.begin({}, "fp", files, shards)
        commit(ledger, 0)
        commit(ledger, 1)
        now = [jobs.source_file(1, "a", "f2"), files[2]]
        ledger.begin({}, "fp", now, [Shard(0, (Slice("a", 0, 1), slices[2]))], accept_changed=True)
        assert ledger.files() == tuple(now)
        assert ledger.open_shards() == [0]
        assert ledger.assignment(0) == Assignment(Shard(0, (Slice("a", 0, 1),)), (0,))
        assert [part.shard for part in ledger.committed()] == [0, 1]


def test_an_empty_source_is_one_empty_shard_until_rows_come(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        ledger.begin({}, "fp", [], [])
        assert ledger.complete_shards() == [0]
        assert ledger.shard_rows(0) == []
        commit(ledger, 0)
        ledger.begin({}, "fp", [jobs.source_file(4)], jobs.shards(4, 3))
        assert [ledger.shard(index) for index in ledger.open_shards()] == list(jobs.shards(4, 3))
        assert ledger.wanted(0) is None
