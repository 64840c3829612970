"""What the runner costs: with an engine that takes no time, per row; with a real one, as a share of the time."""

import tempfile
from pathlib import Path
from typing import Any

from batch.bench.measures.job import JobRun, run_job
from batch.bench.tables import text_table

FAKE_ROWS = 4000
LEAST_ROWS = 100  # fewer, and the job's beginning and end weigh more than its rows


def measure(model: str, slots: int, rows: int) -> dict[str, Any]:
    """The fake engine over FAKE_ROWS rows, then the model over `rows` short questions, LEAST_ROWS at least."""
    with tempfile.TemporaryDirectory() as place:
        fake = _questions(Path(place) / "fake", "fake", 64, FAKE_ROWS)
        real = _questions(Path(place) / "real", model, slots, max(LEAST_ROWS, rows))
    return {
        "fake_rows": fake.rows,
        "fake_ms_per_row": 1000 * fake.seconds / fake.rows,
        "fake_runner_cpu_ms_per_row": 1000 * fake.runner_cpu_s / fake.rows,
        "rows": real.rows,
        "rows_per_s": real.rows_per_s,
        "runner_share": real.runner_share,
        "waiting_share": real.waiting_s / max(real.waiting_s + real.working_s, 1e-9),
        "worker_bytes": real.worker_bytes,
    }


def _questions(folder: Path, model: str, slots: int, rows: int) -> JobRun:
    folder.mkdir()
    return run_job(
        folder / "out",
        task="answer",
        model=model,
        source={"path": str(text_table(folder / "in.parquet", rows))},
        engine={"slots": slots},
        sampling={"max_tokens": 8},
    )
