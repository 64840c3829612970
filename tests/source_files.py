"""Small real inputs for the source tests, made in code, and jobs that read them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from batch.config.job import JobConfig
from batch.frames.reader import Row
from batch.plan import Plan, make_plan
from batch.records import Assignment, Shard
from batch.source.reader import RowReader
from batch.source.source import Source, open_source
from batch.source.table import row_values
from batch.tasks import TASKS


def write_parquet(path: Path, columns: Mapping[str, Any], *, group: int | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(dict(columns)), path, row_group_size=group)
    return path


def job(
    path: Path | str, *, task: str = "answer", shard_rows: int = 512, prompt: str | None = None, **source: Any
) -> JobConfig:
    key = "dataset" if source.pop("hub", False) else "path"
    return JobConfig.model_validate(
        {
            "task": task,
            "source": {key: str(path), **source},
            "prompt": {"text": prompt},
            "output": {"path": "out/test", "shard_rows": shard_rows},
        }
    )


def opened(config: JobConfig) -> Source:
    return open_source(config.source, output_path=config.output.path, shard_media=TASKS[config.task].needs)


def planned(config: JobConfig, **given: Any) -> Plan:
    return make_plan(config, opened(config), **given)


def ranges(plan: Plan) -> list[tuple[str, int, int]]:
    """Every slice of every shard, in order."""
    return [(part.path, part.start, part.stop) for shard in plan.shards for part in shard.slices]


def reader_of(plan: Plan, source: Source) -> RowReader:
    return RowReader(source.inputs, plan.needed_schema, plan.kept_schema)


def all_rows(plan: Plan, source: Source) -> list[Row]:
    reader = reader_of(plan, source)
    return [row for shard in plan.shards for row in reader.read(wanted(shard))]


def wanted(shard: Shard, rows: Sequence[int] | None = None) -> Assignment:
    return Assignment(shard, tuple(range(shard.rows)) if rows is None else tuple(rows))


def contents(plan: Plan, source: Source) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(row id, needed values, kept values) of every row."""
    return [
        (row.row_id, row_values(row.needed, plan.needed_schema), row_values(row.kept, plan.kept_schema))
        for row in all_rows(plan, source)
    ]
