"""The job: pending -> run -> record -> commit, until nothing is left. The only writer of ledger and output."""

import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from batch import errors
from batch.config.job import JobConfig, dump_yaml
from batch.counts import Counts
from batch.errors import BatchError, Interrupted, TooManyErrors, WorkerError
from batch.ledger import volume
from batch.ledger.ledger import Ledger
from batch.ledger.schema import LEDGER_NAME
from batch.output import job_folder, manifest, parts
from batch.plan import Plan, make_plan
from batch.records import (
    Assignment,
    Event,
    RequestFinished,
    RowKey,
    SourceFile,
    WorkerDied,
    WorkerFailed,
    WorkerJob,
    WorkerReady,
)
from batch.schedule import Schedule
from batch.source.source import Source, open_source
from batch.tasks import TASKS

POLL_S = 0.2
MOVED_S = 0.2
REBOOTS_ALONE = 2
CHECKPOINT_S = 30.0
DRAIN_S = 60.0


class Executor(Protocol):
    """Where assignments run. See executors/local.py."""

    @property
    def wants(self) -> bool: ...
    @property
    def held(self) -> frozenset[int]: ...
    @property
    def drained(self) -> bool: ...
    def start(self, job: WorkerJob) -> None: ...
    def submit(self, assignment: Assignment) -> None: ...
    def acknowledge(self, count: int) -> None: ...
    def poll(self, timeout_s: float) -> list[Event]: ...
    def drain(self) -> None: ...
    def close(self) -> None: ...


class Watcher(Protocol):
    """Whoever wants to see the job move: a progress line, a log, nobody."""

    def begun(self, total_rows: int, counts: Counts) -> None: ...
    def ready(self, info: dict[str, Any], slots: int) -> None: ...
    def moved(self, counts: Counts) -> None: ...
    def told(self, message: str) -> None: ...


@dataclass(frozen=True)
class Model:
    """The checkpoint: where it lies ("" for the fake), what it is to the fingerprint, what the manifest says.

    `identity` may hold more that answers depend on and that only the worker's side knows (the speech
    detector's settings), under full keys."""

    path: str
    identity: Mapping[str, Any]
    provenance: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a run of the command came to, for the summary. `counts` are the whole job's; the rest is this run's."""

    folder: Path
    counts: Counts
    total_rows: int
    seconds: float
    requests: int
    completion_tokens: int
    recomputed: int
    skipped: Mapping[str, int]

    @property
    def error_rate(self) -> float:
        return self.counts.rows["failed"] / self.total_rows if self.total_rows else 0.0


@dataclass
class Stop:
    """Ctrl-C or SIGTERM: the first asks, the second insists."""

    asked: int = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1


@dataclass
class Job:
    """One run of a job: its parts, put together, and the loop over them."""

    plan: Plan
    folder: Path
    ledger: Ledger
    executor: Executor
    model: Model
    watcher: Watcher
    max_errors: int | None
    describe_death: Callable[[WorkerDied], str]
    stop: Stop = field(default_factory=Stop)
    _moved: float = 0.0

    def run(self) -> None:
        """Until every shard is committed. Raises Interrupted, TooManyErrors, WorkerError, OutputError;
        the same job resumes after any of them."""
        self.schedule = Schedule(self.ledger, self._reboot_suspects())
        self.watcher.begun(self.ledger.total_rows, self.ledger.counts())
        self._commit()
        if self.ledger.open_shards():
            with _signals_to(self.stop):
                self._start_worker()
                try:
                    self._loop()
                finally:
                    self.executor.close()
        self._finish()

    def _loop(self) -> None:
        checkpointed = time.monotonic()
        while self.ledger.open_shards():
            self._assign()
            events = self.executor.poll(POLL_S)
            self._record(events)
            self._commit()
            self._answer(events)
            self._check_stop()
            if time.monotonic() - checkpointed > CHECKPOINT_S:
                self.ledger.checkpoint()
                checkpointed = time.monotonic()

    def _assign(self) -> None:
        while self.executor.wants and (assignment := self.schedule.next(self.executor.held)) is not None:
            self.executor.submit(assignment)

    def _record(self, events: Sequence[Event]) -> None:
        """One transaction per turn; only then does the worker hear that its results are safe."""
        if not events:
            return
        self.ledger.record(events)
        self.executor.acknowledge(sum(isinstance(event, RequestFinished) for event in events))
        self.schedule.observe(events)
        now = time.monotonic()
        if now - self._moved > MOVED_S:
            self._moved = now
            self.watcher.moved(self.ledger.counts())

    def _commit(self) -> None:
        for index in self.ledger.complete_shards():
            parts.commit_part(self.folder, self.ledger, self.plan, index)

    def _answer(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case WorkerReady(slots, info):
                    self.schedule.worker_ready(slots)
                    self.ledger.remember("worker", {**info, **self.model.provenance})
                    self.watcher.ready(info, slots)
                case WorkerFailed(error, message):
                    raise _expected(error)(message)
                case WorkerDied():
                    self._bury(event)
                case _:
                    pass
        if self.max_errors is not None and events:
            self._check_errors(self.max_errors)

    def _check_errors(self, max_errors: int) -> None:
        counts = self.ledger.counts()
        if counts.rows["failed"] < max_errors:
            return
        self._drain()
        kinds = ", ".join(f"{kind} {count}" for kind, count in counts.errors.most_common())
        raise TooManyErrors(
            f"{counts.rows['failed']} rows failed and run.max_errors is {max_errors}: {kinds}. "
            f"Raise run.max_errors to go on where it stopped ({self.folder})"
        )

    def _bury(self, death: WorkerDied) -> None:
        """Everything the worker said has been recorded; its unfinished requests are suspects now."""
        how = self.describe_death(death)
        if not self.schedule.started_any:
            tail = death.stderr_tail.strip()
            raise WorkerError(f"the worker ended before it started any request: {how}" + (f"\n{tail}" if tail else ""))
        for key in self.schedule.died(death):
            self.ledger.condemn(key, f"the worker died on this request alone: {how}\n{death.stderr_tail}".strip())
        self._commit()
        self.watcher.told(f"worker died ({how}); a new one goes on with {self.schedule.slots} slots")
        if self.ledger.open_shards():
            self._start_worker()

    def _start_worker(self) -> None:
        self.schedule.worker_started()
        slots = self.plan.config.engine.slots
        self.executor.start(
            WorkerJob(
                config=self.plan.config.model_dump_json(by_alias=True),
                model_path=self.model.path,
                slots=0 if slots == "auto" else slots,
                needed_schema=self.plan.needed_schema.serialize().to_pybytes(),
                kept_schema=self.plan.kept_schema.serialize().to_pybytes(),
            )
        )

    def _check_stop(self) -> None:
        if not self.stop.asked:
            return
        self.watcher.told("stopping: running requests finish first; once more to stop at once")
        self._drain()
        raise Interrupted(f"stopped. The same command goes on where it was ({self.folder})")

    def _drain(self) -> None:
        """No new requests; what runs is finished and recorded, or dropped at the deadline or a second Ctrl-C."""
        self.executor.drain()
        deadline = time.monotonic() + DRAIN_S
        while not self.executor.drained and time.monotonic() < deadline and self.stop.asked < 2:
            self._record(self.executor.poll(POLL_S))
        self._commit()
        self.ledger.checkpoint()

    def _finish(self) -> None:
        self._commit()
        parts.finish(self.folder, self.ledger, self.plan)
        self.watcher.moved(self.ledger.counts())

    def _reboot_suspects(self) -> list[RowKey]:
        """After an unclean restart of the machine: what was running goes first and alone. A request that
        was running alone when it happened twice is given up."""
        if not self.ledger.rebooted:
            return []
        keys = self.ledger.ran_last()
        if len(keys) == 1:
            self.ledger.strike(keys, "reboot")
            if self.ledger.strikes()[keys[0]]["reboot"] >= REBOOTS_ALONE:
                self.ledger.condemn(keys[0], "the machine restarted twice while this request ran alone")
        self.watcher.told(f"the machine restarted during the last run; {len(keys)} requests were running and go first")
        return [RowKey(key.shard, key.row) for key in self.ledger.suspects()]


def open_job_source(config: JobConfig) -> Source:
    """The source as this job reads it. Raises SourceError, ConfigError."""
    media = TASKS[config.task].needs
    return open_source(config.source, output_path=config.output.path, shard_media=media)


def run(
    config: JobConfig,
    *,
    model: Model,
    executor: Executor,
    watcher: Watcher,
    describe_death: Callable[[WorkerDied], str],
    fresh: bool = False,
    retry_failed: bool = False,
    retry_flagged: Collection[str] = (),
    accept_changed: bool = False,
) -> Outcome:
    """Run a job or go on with it, in this order: folder, source, plan, ledger, work. Raises BatchError."""
    began = time.monotonic()
    folder = Path(config.output.path)
    job_folder.check(folder)
    if fresh:
        job_folder.set_aside(folder)
    source = open_job_source(config)

    def planned(known: Sequence[SourceFile]) -> Plan:
        return make_plan(config, source, known_files=known, accept_changed=accept_changed, more_identity=model.identity)

    # A job that cannot be planned leaves no folder behind.
    plan = None if (volume.home(folder) / LEDGER_NAME).exists() else planned(())
    with Ledger.open(folder) as ledger:
        plan = plan or planned(ledger.files())
        for note in (*plan.notes, *ledger.notes):
            watcher.told(note)
        ledger.begin(plan.identity, plan.fingerprint, plan.files, plan.shards, accept_changed=accept_changed)
        manifest.write_job(folder, dump_yaml(config))
        parts.recover(folder, ledger)
        if retry_failed:
            watcher.told(f"trying {parts.reopen_failed(folder, ledger, plan)} rows again")
        if retry_flagged:
            again = parts.reopen_flagged(folder, ledger, plan, retry_flagged)
            watcher.told(f"trying {again} rows flagged {', '.join(retry_flagged)} again")
        before = ledger.counts()
        Job(plan, folder, ledger, executor, model, watcher, config.run.max_errors, describe_death).run()
        counts = ledger.counts()
        return Outcome(
            folder=folder,
            counts=counts,
            total_rows=ledger.total_rows,
            seconds=time.monotonic() - began,
            requests=counts.requests - before.requests,
            completion_tokens=max(0, counts.completion_tokens - before.completion_tokens),
            recomputed=ledger.recomputed,
            skipped=source.skipped,
        )


def _expected(name: str) -> type[BatchError]:
    """The expected error a worker named."""
    kind = getattr(errors, name, BatchError)
    return kind if isinstance(kind, type) and issubclass(kind, BatchError) else BatchError


@contextmanager
def _signals_to(stop: Stop) -> Iterator[None]:
    """SIGINT and SIGTERM count into `stop` while the job runs (only possible in the main thread)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
