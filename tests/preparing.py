"""Rows and jobs for the preparer tests: a few lines of Arrow and of media made in code."""

import io
import time
import wave
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from batch.config.job import JobConfig
from batch.frames.reader import Row
from batch.prepare.pool import PreparerPool
from batch.prepared import Prepared
from batch.records import RequestRepeated, RowFailed, RowPlanned, WorkerJob
from batch.source.table import serialize_row

Outcome = Prepared | RequestRepeated | RowPlanned | RowFailed
PATIENCE_S = 60.0


def job_config(task: str = "answer", **sections: Any) -> JobConfig:
    source = {"path": "/", **sections.pop("source", {})}
    return JobConfig.model_validate(
        {"task": task, "model": {"path": "fake"}, "source": source, "output": {"path": "out"}, **sections}
    )


def rows_of(table: dict[str, list[Any]]) -> tuple[pa.Schema, list[Row]]:
    """The table's schema and rows, named a.parquet#0 and so on, in shard 3."""
    batch = pa.record_batch({name: pa.array(values) for name, values in table.items()})
    rows = [Row(3, i, f"a.parquet#{i}", serialize_row(batch, i), b"") for i in range(batch.num_rows)]
    return batch.schema, rows


def open_pool(config: JobConfig, schema: pa.Schema, model_path: str = "") -> PreparerPool:
    job = WorkerJob(config.model_dump_json(by_alias=True), model_path, 8, schema.serialize().to_pybytes(), b"")
    return PreparerPool(job, config)


def drain(
    pool: PreparerPool, rows: Iterable[Row] = (), skip: dict[int, Sequence[int]] | None = None
) -> dict[int, list[Outcome]]:
    """Everything the pool makes of the rows, and of what it already has: row -> what came out, in order."""
    source = iter(rows)
    row = next(source, None)
    outcomes: dict[int, list[Outcome]] = {}
    deadline = time.monotonic() + PATIENCE_S
    while row is not None or pool.pending:
        while row is not None and pool.room:
            pool.submit(row, tuple((skip or {}).get(row.row, ())))
            row = next(source, None)
        for outcome in pool.poll():
            if isinstance(outcome, Prepared):
                pool.taken(outcome)
            place = outcome.key if isinstance(outcome, Prepared | RequestRepeated) else outcome
            outcomes.setdefault(place.row, []).append(outcome)
        pool.wait(0.05)
        assert time.monotonic() < deadline, f"{pool.pending} rows still pending"
    return dict(sorted(outcomes.items()))


def text_of(prepared: Outcome) -> str:
    assert isinstance(prepared, Prepared)
    return bytes(prepared.token_ids.tolist()).decode()


def png(height: int = 40, width: int = 60, seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def wav(seconds: float, amplitude: float = 1000) -> bytes:
    """A quiet tone."""
    samples = (amplitude * np.sin(np.arange(int(16000 * seconds)) / 20)).astype(np.int16)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes(samples.tobytes())
    return file.getvalue()
