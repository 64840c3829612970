"""One table file (Parquet, or Arrow IPC as `datasets` writes it), streamed from any row on.

Knows nothing of where files come from. Types are made plain on the way (dictionaries decoded, extensions
as stored), so that a single row can travel as one Arrow IPC message without its schema.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from batch.errors import RowError, SourceError

PARQUET_SUFFIXES = (".parquet", ".pq")
ARROW_SUFFIXES = (".arrow", ".feather", ".ipc")
ARROW_FILE_MAGIC = b"ARROW1"

BATCH_BYTES = 8 * 1024**2
BATCH_ROWS = 1024
# Dictionary pages hide how large a column becomes when decoded; where there may be media, few rows at once.
BATCH_ROWS_WITH_BYTES = 64
COLUMN_BUFFER_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class Header:
    """What a table file says of itself without reading rows. `groups`: rows of each row group."""

    rows: int
    groups: tuple[int, ...]
    schema: pa.Schema


class Table(Protocol):
    """An open table file."""

    groups: tuple[int, ...]
    names: Sequence[str]

    def batches(
        self, start: int, columns: Sequence[str], most_rows: int | None = None
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Batches with the position of their first row; the first one begins at or before row `start`. `most_rows`: of
        one batch, where the file does not lie there in batches of its own."""

    def close(self) -> None: ...


class Inputs(Protocol):
    """Whatever finds an input file by the path rows know it by."""

    def open(self, path: str) -> Table:
        """A table to read rows from. Raises RowError where the file is gone, SourceError where all is."""


def open_table(path: Path) -> Table:
    """Opens a local table file. Raises FileNotFoundError, or SourceError where it is not what its suffix says."""
    if path.suffix.lower() in ARROW_SUFFIXES:
        return ArrowTable(path)
    return ParquetTable(path, str(path))


def read_header(file: Path | Any, name: str) -> Header:
    """Rows, row groups and plain schema of a table: a local path, or a seekable binary file of Parquet. Raises
    SourceError for one that is no table, whatever it holds, and OSError for one that cannot be read."""
    if isinstance(file, Path) and file.stat().st_size == 0:
        raise SourceError(f"{name} is empty (0 bytes), so it is no table. Remove it or write it again.")
    try:
        if isinstance(file, Path) and file.suffix.lower() in ARROW_SUFFIXES:
            table = ArrowTable(file)
            return Header(sum(table.groups), table.groups, plain_schema(table.schema))
        with pq.ParquetFile(file) as opened:
            groups = tuple(opened.metadata.row_group(index).num_rows for index in range(opened.num_row_groups))
            return Header(opened.metadata.num_rows, groups, plain_schema(opened.schema_arrow))
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise SourceError(f"{name} is no readable Parquet file ({_first_line(error)}). Write it again.") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{name} has a column whose name is no UTF-8 ({error.object!r}). Write it again.") from error
    except ValueError as error:  # a type that cannot be, such as lists of a negative length
        raise SourceError(f"{name} has a column of an impossible type ({error}). Write it again.") from error


class ParquetTable:
    """Columns are read through small buffers: a column chunk of many GB never lies in memory whole.

    One page does, and pyarrow's writer checks a page's size only every 1024 rows: with media in the rows, row
    groups of 100 (as `datasets` writes them) keep that small.
    """

    groups: tuple[int, ...]

    def __init__(self, file: Path | Any, name: str, buffer_bytes: int = COLUMN_BUFFER_BYTES) -> None:
        """`file`: a path, or a seekable binary file; `name` is for messages."""
        self._name = name
        try:
            self._file = pq.ParquetFile(file, pre_buffer=False, buffer_size=buffer_bytes)
        except pa.ArrowException as error:
            raise SourceError(f"{name} is no readable Parquet file ({_first_line(error)}).") from error
        metadata = self._file.metadata
        self.groups = tuple(metadata.row_group(index).num_rows for index in range(metadata.num_row_groups))
        self.names = self._file.schema_arrow.names

    def batches(
        self, start: int, columns: Sequence[str], most_rows: int | None = None
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        first = 0
        for group, rows in enumerate(self.groups):
            if first + rows > start:
                yield from self._group_batches(group, first, columns, most_rows)
            first += rows

    def _group_batches(
        self, group: int, first: int, columns: Sequence[str], most_rows: int | None
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        size = min(self._batch_rows(group, columns), most_rows or BATCH_ROWS)
        try:
            # use_threads off: the machine's cores belong to preparers and engine.
            for batch in self._file.iter_batches(size, row_groups=[group], columns=list(columns), use_threads=False):
                yield first, batch
                first += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise SourceError(f"{self._name} cannot be read: {error}. The same command resumes.") from error
            short = self._name.rpartition("/")[2]
            raise RowError("undecodable", f"{short} is damaged from row {first} on: {_first_line(error)}") from error

    def _batch_rows(self, group: int, columns: Sequence[str]) -> int:
        metadata = self._file.metadata.row_group(group)
        wanted = set(columns)
        chunks = [metadata.column(index) for index in range(metadata.num_columns)]
        size: int = sum(c.total_uncompressed_size for c in chunks if c.path_in_schema.partition(".")[0] in wanted)
        schema = self._file.schema_arrow  # made anew at every access
        types = [schema.field(name).type for name in columns]
        most = BATCH_ROWS_WITH_BYTES if any(map(holds_bytes, types)) else BATCH_ROWS
        return max(1, min(most, BATCH_BYTES * self.groups[group] // max(size, 1)))

    def close(self) -> None:
        self._file.close()


class ArrowTable:
    """Arrow IPC, stream or file, memory-mapped: skipping rows costs nothing. One group."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._map = pa.memory_map(str(path))
        try:
            with self._open() as reader:
                self.schema: pa.Schema = reader.schema
                self._sizes = [batch.num_rows for batch in _ipc_batches(reader)]
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"{path} is no readable Arrow IPC file ({_first_line(error)}).") from error
        self.names = self.schema.names
        self.groups: tuple[int, ...] = (sum(self._sizes),)

    def _open(self, columns: Sequence[str] | None = None) -> Any:
        self._map.seek(0)
        is_file = self._map.read(len(ARROW_FILE_MAGIC)) == ARROW_FILE_MAGIC
        self._map.seek(0)
        indices = None if columns is None else [self.schema.get_field_index(name) for name in columns]
        options = pa.ipc.IpcReadOptions(included_fields=indices, use_threads=False)
        return (
            pa.ipc.open_file(self._map, options=options) if is_file else pa.ipc.open_stream(self._map, options=options)
        )

    def batches(
        self, start: int, columns: Sequence[str], most_rows: int | None = None
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        first = 0
        if not columns:  # an empty list of fields would mean all of them
            yield from (
                (end - rows, _rows_only(rows)) for rows, end in zip(self._sizes, accumulate(self._sizes), strict=True)
            )
            return
        try:
            with self._open(columns) as reader:
                for batch in _ipc_batches(reader):
                    if first + batch.num_rows > start:
                        yield first, batch
                    first += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise RowError(
                "undecodable", f"{self._path.name} is damaged from row {first} on: {_first_line(error)}"
            ) from error

    def close(self) -> None:
        self._map.close()


def _ipc_batches(reader: Any) -> Iterator[pa.RecordBatch]:
    if hasattr(reader, "num_record_batches"):
        return (reader.get_batch(index) for index in range(reader.num_record_batches))
    return iter(reader)


def _rows_only(rows: int) -> pa.RecordBatch:
    """A batch of `rows` rows and no column that anybody asks for."""
    return pa.record_batch({"": pa.nulls(rows)})


def conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch with exactly the schema's columns: cast where types differ, null where the file lacks one."""
    if batch.schema.equals(schema):
        return batch
    arrays = []
    for field in schema:
        index = batch.schema.get_field_index(field.name)
        array = pa.nulls(batch.num_rows, field.type) if index < 0 else batch.column(index)
        try:
            arrays.append(array if array.type == field.type else array.cast(field.type))
        except pa.ArrowException as error:
            raise RowError("undecodable", f"column {field.name!r}: {array.type} is no {field.type}: {error}") from error
    if not arrays:
        return batch.select([])
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The same columns in plain types; field metadata (Parquet's ids) left out, the schema's own kept."""
    return pa.schema([pa.field(f.name, plain_type(f.type)) for f in schema], metadata=schema.metadata)


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Dictionaries as their values and extensions as they are stored, at any depth."""
    if isinstance(kind, pa.BaseExtensionType):
        return plain_type(kind.storage_type)
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return plain_type(kind.value_type)
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_plain_field(kind.value_field), kind.list_size)
    if pa.types.is_large_list(kind):
        return pa.large_list(_plain_field(kind.value_field))
    if pa.types.is_list(kind):
        return pa.list_(_plain_field(kind.value_field))
    if pa.types.is_struct(kind):
        return pa.struct([_plain_field(kind.field(index)) for index in range(kind.num_fields)])
    return kind


def _plain_field(field: pa.Field) -> pa.Field:
    return pa.field(field.name, plain_type(field.type), field.nullable)


def holds_bytes(kind: pa.DataType) -> bool:
    """Whether a column of this type may carry media: binary, at any depth."""
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return True
    if pa.types.is_struct(kind):
        return any(holds_bytes(kind.field(index).type) for index in range(kind.num_fields))
    nested = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(nested) and holds_bytes(kind.value_type)


def unified_schema(schemas: Sequence[tuple[str, pa.Schema]]) -> pa.Schema:
    """One schema for all files (name, schema): columns one file lacks are null there, numbers widen.

    Metadata are the first file's. Raises SourceError for duplicate names and types that do not meet.
    """
    if not schemas:
        return pa.schema([])
    unified = schemas[0][1]
    for name, schema in schemas:
        twice = sorted(column for column, times in Counter(schema.names).items() if times > 1)
        if twice:
            raise SourceError(f"{name} has more than one column called {', '.join(map(repr, twice))}: rename them.")
        if schema is unified or schema.equals(unified):
            continue
        try:
            unified = pa.unify_schemas([unified, schema], promote_options="permissive")
        except pa.ArrowException as error:
            raise SourceError(
                f"{name} and {schemas[0][0]} do not fit together: {_first_line(error)}. Give them in separate jobs."
            ) from error
    return unified.with_metadata(schemas[0][1].metadata)


def serialize_row(batch: pa.RecordBatch, index: int) -> bytes:
    """One row of the batch as Arrow IPC bytes, without schema."""
    return bytes(batch.slice(index, 1).serialize())


def row_values(data: bytes, schema: pa.Schema) -> dict[str, Any]:
    """A row written by `serialize_row`, as Python values by column name."""
    if not schema.names:
        return {}
    values: dict[str, Any] = pa.ipc.read_record_batch(pa.py_buffer(data), schema).to_pylist()[0]
    return values


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
