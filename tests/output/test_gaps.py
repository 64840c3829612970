"""Rows that no part holds get shards: each row once, and in order where order can be known."""

from batch.output.gaps import fill_gaps
from batch.records import Shard, Slice
from tests import jobs


def rows_of(shards: list[Shard]) -> list[tuple[str, int]]:
    return [(part.path, row) for shard in shards for part in shard.slices for row in range(part.start, part.stop)]


def test_what_was_planned_comes_back_as_it_was_cut() -> None:
    planned = jobs.shards(30, 3)
    present = [planned[index] for index in (0, 1, 4, 7)]
    assert fill_gaps(present, planned) == list(planned)


def test_a_whole_job_has_no_gaps() -> None:
    planned = jobs.shards(10, 3)
    assert fill_gaps(planned, planned) == list(planned)


def test_files_that_joined_later_come_last_as_they_did() -> None:
    present = [Shard(0, (Slice("b", 0, 3),)), Shard(2, (Slice("a", 0, 2),))]
    planned = [Shard(0, (Slice("a", 0, 4),)), Shard(1, (Slice("b", 0, 5),))]
    filled = fill_gaps(present, planned)
    assert [shard.index for shard in filled] == [0, 1, 2, 3, 4]
    assert filled[0] == present[0]
    assert filled[2] == present[1]
    assert sorted(rows_of(filled)) == rows_of(planned)


def test_a_media_folder_has_one_row_a_file() -> None:
    planned = [Shard(n, tuple(Slice(f"{n}{name}.jpg", 0, 1) for name in "abc")) for n in range(4)]
    present = [planned[0], planned[3]]
    assert fill_gaps(present, planned) == planned


def test_rows_of_a_limit_that_was_raised_are_added() -> None:
    planned = [Shard(0, (Slice("a", 0, 4),)), Shard(1, (Slice("a", 4, 7),))]
    assert fill_gaps([Shard(0, (Slice("a", 0, 2),))], planned) == [
        Shard(0, (Slice("a", 0, 2),)),
        Shard(1, (Slice("a", 2, 4),)),
        Shard(2, (Slice("a", 4, 7),)),
    ]


def test_where_the_cut_was_another_the_numbers_between_share_the_rows() -> None:
    present = [Shard(0, (Slice("a", 0, 4),)), Shard(3, (Slice("a", 9, 12),))]
    planned = [Shard(0, (Slice("a", 0, 12),))]
    assert fill_gaps(present, planned)[1:3] == [Shard(1, (Slice("a", 4, 6),)), Shard(2, (Slice("a", 6, 9),))]
