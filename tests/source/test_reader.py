"""The reader's promise: one pass through a file, whatever the shards, the gaps and the order."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from batch.records import Shard, Slice
from batch.source.reader import RowReader, positions
from batch.source.table import Table, open_table, row_values
from tests.source_files import wanted, write_parquet

SCHEMA = pa.schema([("n", pa.int64())])


class CountingTable:
    """A table that remembers the batches it was asked for."""

    def __init__(self, table: Table, read: list[tuple[int, int]]) -> None:
        self.groups = table.groups
        self.names: Sequence[str] = table.names
        self._table = table
        self._read = read

    def batches(self, start: int, columns: Sequence[str], most_rows: int | None = None) -> Iterator[tuple[int, Any]]:
        for first, batch in self._table.batches(start, columns, most_rows):
            self._read.append((first, batch.num_rows))
            yield first, batch

    def close(self) -> None:
        self._table.close()


class CountingInputs:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.opened: list[str] = []
        self.read: list[tuple[int, int]] = []

    def open(self, path: str) -> CountingTable:
        self.opened.append(path)
        return CountingTable(open_table(self.root / path), self.read)


def shards_of(path: str, rows: int, size: int) -> list[Shard]:
    return [Shard(i, (Slice(path, start, min(start + size, rows)),)) for i, start in enumerate(range(0, rows, size))]


def test_a_large_row_group_is_read_once_over_all_its_shards(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", {"n": list(range(100_000))})
    inputs = CountingInputs(tmp_path)
    reader = RowReader(inputs, SCHEMA, pa.schema([]))
    numbers = [
        row_values(row.needed, SCHEMA)["n"]
        for shard in shards_of("a.parquet", 100_000, 512)
        for row in reader.read(wanted(shard))
    ]
    assert numbers == list(range(100_000))
    assert inputs.opened == ["a.parquet"]
    assert inputs.read == [(start, min(1024, 100_000 - start)) for start in range(0, 100_000, 1024)]


def test_row_groups_without_wanted_rows_are_not_read(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", {"n": list(range(100))}, group=10)
    inputs = CountingInputs(tmp_path)
    reader = RowReader(inputs, SCHEMA, pa.schema([]))
    shard = Shard(0, (Slice("a.parquet", 0, 100),))
    assert [row_values(row.needed, SCHEMA)["n"] for row in reader.read(wanted(shard, [3, 55, 99]))] == [3, 55, 99]
    assert inputs.read == [(0, 10), (50, 10), (90, 10)]


def test_each_file_of_a_shard_is_opened_in_turn(tmp_path: Path) -> None:
    for name in ("a.parquet", "b.parquet"):
        write_parquet(tmp_path / name, {"n": [ord(name[0])]})
    reader = RowReader(CountingInputs(tmp_path), SCHEMA, SCHEMA)
    shard = Shard(0, (Slice("a.parquet", 0, 1), Slice("b.parquet", 0, 1)))
    assert [(row.row, row.row_id, row_values(row.kept, SCHEMA)["n"]) for row in reader.read(wanted(shard))] == [
        (0, "a.parquet#0", 97),
        (1, "b.parquet#0", 98),
    ]


def test_positions_count_through_the_slices() -> None:
    shard = Shard(0, (Slice("a", 5, 7), Slice("b", 0, 1), Slice("c", 10, 12)))
    assert list(positions(shard, (0, 1, 2, 3, 4))) == [
        (0, "a", 5),
        (1, "a", 6),
        (2, "b", 0),
        (3, "c", 10),
        (4, "c", 11),
    ]


@settings(max_examples=50, deadline=None)
@given(
    data=st.data(),
    groups=st.integers(1, 40),
    size=st.integers(1, 40),
    asked=st.lists(st.lists(st.integers(0, 99), unique=True, max_size=20).map(sorted), min_size=1, max_size=6),
)
def test_any_rows_in_any_order_of_assignments_are_the_rows(
    tmp_path_factory: Any, data: st.DataObject, groups: int, size: int, asked: list[list[int]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    write_parquet(folder / "a.parquet", {"n": list(range(100))}, group=groups)
    reader = RowReader(CountingInputs(folder), SCHEMA, SCHEMA)
    shards = shards_of("a.parquet", 100, size)
    for rows in asked:
        shard = shards[data.draw(st.integers(0, len(shards) - 1))]
        inside = [row for row in rows if row < shard.rows]
        start = shard.slices[0].start
        found = [(row.row, row_values(row.needed, SCHEMA)["n"]) for row in reader.read(wanted(shard, inside))]
        assert found == [(row, start + row) for row in inside]
