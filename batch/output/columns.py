"""The columns of the output, always all, always of these Arrow types; and tables made of finished rows.

Described for people in docs/output.md; a test holds the two together.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from batch import tasks
from batch.counts import Counts
from batch.result import RecordedRow, Result

ROW_ID = "row_id"
COMMON = (
    ("status", "string"),
    ("finish_reason", "string"),
    ("flags", "list<string>"),
    ("error_kind", "string"),
    ("error_message", "string"),
    ("attempts", "int32"),
    ("prompt_tokens", "int32"),
    ("completion_tokens", "int32"),
    ("seconds", "float64"),
    ("deduplicated_from", "string"),
)
KINDS: dict[str, pa.DataType] = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
}


def our_columns(task: str) -> list[tuple[str, str]]:
    """The columns we add to the kept ones, as (name, kind), in order."""
    return [(ROW_ID, "string"), *tasks.result_columns(task), *COMMON]


def result_schema(task: str, kept: pa.Schema) -> pa.Schema:
    """The output's schema: `kept` (with its output names), then ours. Every column may be null.

    Metadata of the source are left out: they would describe media columns that are not there any more.
    """
    fields = [pa.field(field.name, field.type) for field in kept]
    return pa.schema(fields + [pa.field(name, arrow_type(kind)) for name, kind in our_columns(task)])


def kept_schema(source: pa.Schema, kept: Iterable[tuple[str, str]]) -> pa.Schema:
    """The kept columns of the source under their output names."""
    return pa.schema([pa.field(output, source.field(name).type) for name, output in kept])


def arrow_type(kind: str) -> pa.DataType:
    """The Arrow type of a kind in Arrow's words: `list<struct<start_s: float64, text: string>>`.

    Raises ValueError for a kind that is none.
    """
    kind = kind.strip()
    if kind in KINDS:
        return KINDS[kind]
    match = re.fullmatch(r"(list|struct)<(.*)>", kind)
    if match is None:
        raise ValueError(f"no Arrow type is called {kind!r}")
    outer, inner = match.groups()
    if outer == "list":
        return pa.list_(arrow_type(inner))
    named = [part.split(":", 1) for part in _split(inner)]
    return pa.struct([pa.field(name.strip(), arrow_type(type_)) for name, type_ in named])


def _split(text: str) -> list[str]:
    """At commas that are inside no brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "<") - (character == ">")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def table(task: str, kept: pa.Schema, rows: Sequence[RecordedRow], results: Sequence[Result]) -> pa.Table:
    """Finished rows as a table of `result_schema(task, kept)`, in the order given."""
    schema = result_schema(task, kept)
    batches = [_kept_row(row.kept, kept) for row in rows]
    columns: list[Any] = list(pa.Table.from_batches(batches, kept).columns)
    columns.append(pa.array([row.row_id for row in rows], pa.string()))
    for name, kind in tasks.result_columns(task):
        columns.append(pa.array([result.columns[name] for result in results], arrow_type(kind)))
    for name, kind in COMMON:
        columns.append(pa.array([getattr(result, name) for result in results], arrow_type(kind)))
    return pa.table(columns, schema=schema).combine_chunks()


def _kept_row(kept: bytes | None, schema: pa.Schema) -> pa.RecordBatch:
    if kept is None:  # the row was never read
        return pa.record_batch([pa.nulls(1, field.type) for field in schema], schema=schema)
    return pa.ipc.read_record_batch(pa.py_buffer(kept), schema)


def aligned(found: pa.Table, schema: pa.Schema) -> pa.Table:
    """An older part's table in today's schema: columns that it lacks are null."""
    columns = [
        found.column(field.name).cast(field.type)
        if field.name in found.column_names
        else pa.nulls(len(found), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def count(found: pa.Table, task: str, reference: str | None) -> Counts:
    """Counts of a part, but for `requests`, which it does not tell. `reference`: the column with right answers."""
    counts = Counts()
    names = ("status", "error_kind", "flags")
    for status, kind, flags in zip(*(found.column(name).to_pylist() for name in names), strict=True):
        counts.add_row(status, kind, flags or ())
    counts.prompt_tokens = _sum(found, "prompt_tokens")
    counts.completion_tokens = _sum(found, "completion_tokens")
    if "audio_seconds" in found.column_names and task == "transcribe":
        counts.audio_seconds = float(_sum(found, "audio_seconds"))
    if reference is not None:
        answers = found.column(tasks.TASKS[task].column).to_pylist()
        for answer, right in zip(answers, found.column(reference).to_pylist(), strict=True):
            if right is not None:
                counts.compared += 1
                counts.correct += answer is not None and tasks.correct(answer, str(right))
    return counts


def _sum(found: pa.Table, name: str) -> Any:
    return sum(value for value in found.column(name).to_pylist() if value is not None)
