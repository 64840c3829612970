"""Table files: plain types, bounded batches, files that differ from the plan's schema."""

import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.errors import RowError, SourceError
from batch.source.table import (
    ParquetTable,
    conform,
    holds_bytes,
    open_table,
    plain_schema,
    plain_type,
    read_header,
    row_values,
    serialize_row,
    unified_schema,
)

MEGABYTE = 1024**2


def test_types_become_plain_at_any_depth() -> None:
    words = pa.dictionary(pa.int8(), pa.string())
    nested = pa.struct([("a", pa.list_(words)), ("b", pa.list_(words, 2)), ("c", pa.large_list(pa.uuid()))])
    assert plain_type(words) == pa.string()
    assert plain_type(pa.uuid()) == pa.binary(16)
    assert plain_type(nested) == pa.struct(
        [("a", pa.list_(pa.string())), ("b", pa.list_(pa.string(), 2)), ("c", pa.large_list(pa.binary(16)))]
    )
    assert plain_type(pa.timestamp("ns", "UTC")) == pa.timestamp("ns", "UTC")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (pa.binary(), True),
        (pa.large_binary(), True),
        (pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())])), True),
        (pa.string(), False),
        (pa.list_(pa.float32()), False),
    ],
)
def test_columns_that_may_carry_media_are_told_by_type(kind: pa.DataType, expected: bool) -> None:
    assert holds_bytes(kind) is expected


ROWS: dict[str, list[Any]] = {
    "text": ["a", None],
    "words": [["x", "y"], []],
    "file": [{"bytes": b"\x00\xff", "path": None}, None],
    "files": [[{"bytes": b"1", "path": "p"}], None],
    "when": [datetime.datetime(2026, 1, 2, 3, 4, 5), None],
    "number": [1.5, None],
    "flag": [True, False],
}


def test_a_row_survives_its_journey_without_schema() -> None:
    batch = pa.RecordBatch.from_pydict(ROWS)
    for index in range(2):
        data = serialize_row(batch, index)
        assert row_values(data, batch.schema) == {name: column[index] for name, column in ROWS.items()}


def test_a_rows_bytes_are_its_own_and_not_the_batchs() -> None:
    batch = pa.record_batch({"image": [b"x" * MEGABYTE, b"y", b"z" * MEGABYTE]})
    assert len(serialize_row(batch, 1)) < 1000


def test_dictionaries_are_decoded_before_a_row_leaves(tmp_path: Path) -> None:
    table = pa.table({"word": pa.array(["a", "b", "a"]).dictionary_encode()})
    pq.write_table(table, tmp_path / "a.parquet")
    header = read_header(tmp_path / "a.parquet", "a")
    assert header.schema.field("word").type == pa.string()
    [(first, batch)] = open_table(tmp_path / "a.parquet").batches(0, ["word"])
    plain = conform(batch, header.schema)
    assert (first, row_values(serialize_row(plain, 2), plain.schema)) == (0, {"word": "a"})


def test_a_batch_is_conformed_by_name() -> None:
    batch = pa.record_batch({"b": pa.array([1], pa.int32()), "a": ["x"], "more": [0]})
    schema = pa.schema([("a", pa.string()), ("b", pa.float64()), ("c", pa.list_(pa.string()))])
    assert conform(batch, schema).to_pylist() == [{"a": "x", "b": 1.0, "c": None}]
    with pytest.raises(RowError, match="column 'a': string is no int64"):
        conform(batch, pa.schema([("a", pa.int64())]))


def test_a_struct_with_its_fields_the_other_way_round_is_the_same_column() -> None:
    batch = pa.record_batch({"image": pa.array([{"path": "p", "bytes": b"b"}])})
    schema = pa.schema([("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())]))])
    assert conform(batch, schema).to_pylist() == [{"image": {"bytes": b"b", "path": "p"}}]


def test_batches_are_small_where_rows_are_large(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": [bytes([n]) * MEGABYTE for n in range(40)]}), tmp_path / "large.parquet")
    sizes = [batch.num_rows for _, batch in ParquetTable(tmp_path / "large.parquet", "large").batches(0, ["image"])]
    assert (sum(sizes), max(sizes)) == (40, 7)  # 8 MB, less what pages add


def test_equal_images_in_a_dictionary_page_do_not_make_a_batch_huge(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": [b"x" * 100_000] * 1000}), tmp_path / "same.parquet")
    assert (
        max(batch.num_rows for _, batch in ParquetTable(tmp_path / "same.parquet", "same").batches(0, ["image"])) == 64
    )


def test_batches_begin_at_the_row_group_of_the_first_row(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": list(range(10))}), tmp_path / "a.parquet", row_group_size=3)
    table = open_table(tmp_path / "a.parquet")
    assert [(first, batch.num_rows) for first, batch in table.batches(4, ["n"])] == [(3, 3), (6, 3), (9, 1)]


def test_schemas_of_files_meet_where_numbers_widen_and_nulls_become_something() -> None:
    one = pa.schema([("n", pa.int32()), ("x", pa.null())], metadata={"huggingface": "{}"})
    other = pa.schema([("n", pa.int64()), ("x", pa.string()), ("y", pa.bool_())])
    unified = unified_schema([("one", one), ("other", other)])
    assert unified == pa.schema([("n", pa.int64()), ("x", pa.string()), ("y", pa.bool_())])
    assert unified.metadata == {b"huggingface": b"{}"}


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(SourceError, match="one has more than one column called 'a'"):
        unified_schema([("one", pa.schema([("a", pa.string()), ("a", pa.int64())]))])


def test_a_plain_schema_keeps_what_datasets_wrote_into_it() -> None:
    schema = pa.schema([pa.field("a", pa.string(), metadata={"PARQUET:field_id": "1"})], metadata={"huggingface": "{}"})
    assert plain_schema(schema).field("a").metadata is None
    assert plain_schema(schema).metadata == {b"huggingface": b"{}"}
