"""Rows to look at: all files of a media folder, or some rows of tables, spread over them."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from batch.errors import RowError, SourceError
from batch.plan import Plan
from batch.records import Assignment, Shard
from batch.source.reader import RowReader
from batch.source.source import open_inputs
from batch.source.table import row_values

SAMPLE_SHARDS = 8
SAMPLE_ROWS = 32  # of each


class Sampled(NamedTuple):
    """`values` of the columns the job needs; `reference` is the right answer, where the job names a column of them."""

    row_id: str
    values: Mapping[str, Any]
    reference: Any


def sampled_rows(plan: Plan, shards: int = SAMPLE_SHARDS, rows: int = SAMPLE_ROWS) -> Iterator[Sampled]:
    """The first rows of some shards. Rows that cannot be read are left out."""
    column = plan.config.source.reference_column
    wanted = pa.schema([] if column is None else [plan.schema.field(column)])
    reader = RowReader(open_inputs(plan.config.source), plan.needed_schema, wanted)
    try:
        for shard in _spread(plan.shards, shards):
            assignment = Assignment(shard, tuple(range(min(rows, shard.rows))))
            try:
                for row in reader.read(assignment):
                    reference = row_values(row.kept, wanted).get(column or "")
                    yield Sampled(row.row_id, row_values(row.needed, plan.needed_schema), reference)
            except (RowError, SourceError):
                continue
    finally:
        reader.close()


def _spread(shards: tuple[Shard, ...], most: int) -> Iterator[Shard]:
    """The first one, and others at equal distance."""
    count = min(most, len(shards))
    for index in range(count):
        yield shards[index * len(shards) // count]
