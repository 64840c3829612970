"""Tables are read by a process of their own; whatever happens to it costs rows, by name, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.config.job import JobConfig
from batch.errors import RowError, SourceError
from batch.frames.reader import Row
from batch.reading.process import FEW_ROWS, TableReader
from batch.reading.reader import AHEAD_ROWS
from batch.records import Assignment, Shard, Slice, WorkerJob
from batch.source.table import row_values

SCHEMA = pa.schema([("prompt", pa.string())])
ROWS = 300


def reader_of(source: Path, max_memory: str = "1GiB", **settings: float) -> TableReader:
    config = JobConfig.model_validate({
        "task": "answer", "model": "fake", "source": {"path": str(source)}, "output": {"path": "out"},
        "prepare": {"max_memory": max_memory},
    })  # fmt: skip
    schema = SCHEMA.serialize().to_pybytes()
    return TableReader(WorkerJob(config.model_dump_json(by_alias=True), "", 8, schema, schema), config, **settings)


def table(path: Path, rows: int = ROWS) -> Path:
    pq.write_table(pa.table({"prompt": [f"row {row}" for row in range(rows)]}), path, row_group_size=50)
    return path


def assignment(*rows: int, index: int = 0) -> Assignment:
    return Assignment(Shard(index, (Slice("in.parquet", 0, ROWS),)), rows or tuple(range(ROWS)))


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[TableReader]:
    made = reader_of(table(tmp_path / "in.parquet"))
    yield made
    made.close()


def prompts(rows: Iterator[Row]) -> list[str]:
    return [row_values(row.needed, SCHEMA)["prompt"] for row in rows]


def test_every_wanted_row_comes_in_order_however_far_it_reads_ahead(reader: TableReader) -> None:
    assert ROWS > 4 * AHEAD_ROWS
    assert prompts(reader.read(assignment())) == [f"row {row}" for row in range(ROWS)]
    assert prompts(reader.read(assignment(7, 120, 299))) == ["row 7", "row 120", "row 299"]


def until_it_fails(rows: Iterator[Row]) -> tuple[list[str], RowError]:
    """What came before the error, and the error."""
    got: list[str] = []
    try:
        for row in rows:
            got.append(row.row_id)
    except RowError as error:
        return got, error
    raise AssertionError(f"nothing failed: {got}")


def test_a_file_that_crashes_its_parser_costs_the_rest_of_its_assignment(
    reader: TableReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMMA4_BATCH_READ_FAULT", "segv:in.parquet#70")
    got, error = until_it_fails(reader.read(assignment(*range(60, 100))))
    assert got == [f"in.parquet#{row}" for row in range(60, 70)]
    assert (error.kind, error.message) == (
        "decode_crash", "reading the table from this row on: its reader died (SIGSEGV), 2 times",
    )  # fmt: skip
    assert prompts(reader.read(assignment(71, 72, index=1))) == ["row 71", "row 72"]


def test_a_parser_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMMA4_BATCH_READ_FAULT", "hang:in.parquet#1")
    reader = reader_of(table(tmp_path / "in.parquet"), silence_s=3.0)
    got, error = until_it_fails(reader.read(assignment(0, 1, 2)))
    reader.close()
    assert got == ["in.parquet#0"]
    assert error.kind == "decode_timeout"


def test_a_long_text_that_many_rows_repeat_is_read_a_few_rows_at_once(tmp_path: Path) -> None:
    """1.2 GB of a file of some kB: too much at once for a limit of 4 x 64 MiB, and nothing is wrong with it."""
    text = pa.DictionaryArray.from_arrays(pa.array([0] * ROWS, pa.int32()), pa.array(["x" * 2**22]))
    pq.write_table(pa.table({"prompt": text}), tmp_path / "in.parquet", compression="zstd")
    reader = reader_of(tmp_path / "in.parquet", "64MiB")
    assert [len(prompt) for prompt in prompts(reader.read(assignment(*range(20))))] == [2**22] * 20
    assert reader._most_rows == FEW_ROWS
    reader.close()


def test_a_page_that_decodes_to_more_than_the_limit_costs_its_rows_by_name(tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"prompt": ["\0" * 2**28, "short"]}), source, compression="zstd", use_dictionary=False)
    assert source.stat().st_size < 2**16
    reader = reader_of(source, "64MiB")
    got, error = until_it_fails(reader.read(assignment(0, 1)))
    reader.close()
    assert (got, error.kind) == ([], "decode_memory")
    assert error.message == (
        "reading the table from this row on: its reader took over 268,435,456 bytes (prepare.max_memory), 2 times"
    )


def test_a_table_that_is_none_any_more_is_the_sources_trouble(tmp_path: Path) -> None:
    source = table(tmp_path / "in.parquet")
    reader = reader_of(source)
    source.write_bytes(b"PAR1 and then nothing of the kind PAR1")
    with pytest.raises((SourceError, RowError), match=r"in\.parquet"):
        list(reader.read(assignment(0)))
    reader.close()


def test_the_paths_of_a_media_folder_need_no_process(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture, and nobody asks")
    config = JobConfig.model_validate(
        {"task": "caption", "model": "fake", "source": {"path": str(tmp_path)}, "output": {"path": "out"}}
    )
    schema = pa.schema([("path", pa.string())]).serialize().to_pybytes()
    reader = TableReader(WorkerJob(config.model_dump_json(by_alias=True), "", 8, schema, schema), config)
    (row,) = reader.read(Assignment(Shard(0, (Slice("a.jpg", 0, 1),)), (0,)))
    assert row.row_id == "a.jpg#0"
    assert reader._child is None
    reader.close()
