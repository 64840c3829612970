"""A whole job as `gemma4-batch run` does it, from files to parts, and what each process took for it."""

import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batch import runner
from batch.config.job import JobConfig
from batch.counts import Counts
from batch.executors.local import LocalExecutor
from batch.executors.worker_process import describe_death
from batch.gemma.registry import checked_model, identity_of
from batch.records import Telemetry


@dataclass
class Watch:
    """Watches a job: when its model was loaded, and what its worker says of itself."""

    ready_s: float = 0.0
    working_s: float = 0.0
    waiting_s: float = 0.0
    worker_bytes: int = 0
    prepared_bytes: int = 0

    def begun(self, total_rows: int, counts: Counts) -> None: ...

    def ready(self, info: Mapping[str, Any], slots: int) -> None:
        self.ready_s = time.perf_counter()

    def moved(self, counts: Counts) -> None: ...

    def busy(self, telemetry: Telemetry) -> None:
        self.working_s += telemetry.working_s
        self.waiting_s += telemetry.waiting_s
        self.worker_bytes = max(self.worker_bytes, telemetry.memory_bytes)
        self.prepared_bytes = max(self.prepared_bytes, telemetry.prepared_bytes)

    def told(self, message: str) -> None: ...


@dataclass(frozen=True, slots=True)
class JobRun:
    """`seconds` from the loaded model to the last part, `total_s` from the command's begin; `runner_cpu_s`: of this
    process meanwhile, which does nothing but run the job; `working_s` and `waiting_s`: the engine's, as the worker told
    them. `failed`: rows."""

    rows: int
    failed: int
    requests: int
    copied: int
    prompt_tokens: int
    tokens: int
    seconds: float
    total_s: float
    runner_cpu_s: float
    working_s: float
    waiting_s: float
    worker_bytes: int
    prepared_bytes: int

    @property
    def rows_per_s(self) -> float:
        return self.rows / self.seconds

    @property
    def runner_share(self) -> float:
        """The runner's processor time, as a share of the time that passed."""
        return self.runner_cpu_s / self.seconds


def run_job(folder: Path, **settings: Any) -> JobRun:
    """A job in `folder`, which must be empty; `settings` are those of a job's YAML. Raises BatchError."""
    config = JobConfig.model_validate({"output": {"path": str(folder)}, **settings})
    model = checked_model(config)
    watch = Watch()
    cpu_s = _cpu_s()
    outcome = runner.run(
        config,
        model=runner.Model(str(model.path or ""), identity_of(model), {}),
        executor=LocalExecutor(config.engine.stall_s),
        watcher=watch,
        describe_death=describe_death,
    )
    return JobRun(
        rows=outcome.total_rows,
        failed=outcome.counts.rows["failed"],
        requests=outcome.requests,
        copied=outcome.copied,
        prompt_tokens=outcome.counts.prompt_tokens,
        tokens=outcome.completion_tokens,
        seconds=time.perf_counter() - watch.ready_s,
        total_s=outcome.seconds,
        runner_cpu_s=_cpu_s() - cpu_s,
        working_s=watch.working_s,
        waiting_s=watch.waiting_s,
        worker_bytes=watch.worker_bytes,
        prepared_bytes=watch.prepared_bytes,
    )


def _cpu_s() -> float:
    """Processor time of this process, all threads, without its children."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
