"""A text file in Prometheus' exposition format (0.0.4), for node_exporter's textfile collector: `run.metrics`."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from batch.counts import Counts
from batch.records import Telemetry
from batch.result import STATUSES
from batch.telemetry.watchers import End
from batch.telemetry.work import Work

EVERY_S = 10.0
PREFIX = "gemma4_batch"


class MetricsFile:
    """A watcher. Replaces the file as a whole; where that fails, the job goes on without it."""

    def __init__(self, path: Path, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._job = str(folder)
        self._clock = clock
        self._work = Work()
        self._running = False
        self._written_at: float | None = None

    def begun(self, total_rows: int, counts: Counts) -> None:
        self._work.total_rows, self._work.counts, self._running = total_rows, counts, True
        self._write()

    def ready(self, info: dict[str, Any], slots: int) -> None:
        self._work.slots = slots

    def moved(self, counts: Counts) -> None:
        self._work.counts = counts
        self._write_sometimes()

    def busy(self, telemetry: Telemetry) -> None:
        self._work.busy(telemetry)
        self._write_sometimes()

    def told(self, message: str) -> None:
        """Numbers only."""

    def ended(self, state: End, message: str) -> None:
        self._running = False
        self._work.slots_busy = 0
        self._write()

    def _write_sometimes(self) -> None:
        if self._written_at is None or self._clock() - self._written_at >= EVERY_S:
            self._write()

    def _write(self) -> None:
        self._written_at = self._clock()
        staged = self._path.with_name(f".{self._path.name}.new")
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            staged.write_text(metrics_text(self._work, self._job, running=self._running), encoding="utf-8")
            staged.replace(self._path)


def metrics_text(work: Work, job: str, *, running: bool) -> str:
    """All metrics of one job; `job`, its folder, is a label."""
    escaped = job.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    label = f'job="{escaped}"'
    counts = work.counts
    families: list[tuple[str, str, str, list[tuple[str, float]]]] = [
        ("running", "gauge", "1 while a run is at work", [(label, int(running))]),
        ("rows_total", "gauge", "rows of the job", [(label, work.total_rows)]),
        (
            "rows_done",
            "gauge",
            "rows with a result, by status",
            [(f'{label},status="{status}"', counts.rows[status]) for status in STATUSES],
        ),
        (
            "rows_failed",
            "gauge",
            "rows with an error, by kind",
            [(f'{label},kind="{kind}"', number) for kind, number in counts.errors.most_common()],
        ),
        ("requests", "gauge", "requests computed in all runs", [(label, counts.requests)]),
        ("completion_tokens", "gauge", "tokens generated in all runs", [(label, counts.completion_tokens)]),
        ("slots", "gauge", "requests that may run at once", [(label, work.slots)]),
        ("slots_busy", "gauge", "requests that run", [(label, work.slots_busy)]),
        ("memory_bytes", "gauge", "memory of the worker", [(label, work.memory_bytes)]),
        ("engine_waiting_seconds", "gauge", "engine without a prepared request, this run", [(label, work.waiting_s)]),
        ("engine_working_seconds", "gauge", "engine at work, this run", [(label, work.working_s)]),
    ]
    lines = []
    for name, kind, what, samples in families:
        lines += [f"# HELP {PREFIX}_{name} {what}", f"# TYPE {PREFIX}_{name} {kind}"]
        lines += [f"{PREFIX}_{name}{{{labels}}} {value}" for labels, value in samples]
    return "\n".join(lines) + "\n"
