"""A run of a job, put together: folder, source, plan, ledger, and the loop over them (loop.py)."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batch.config.job import JobConfig, dump_yaml
from batch.counts import Counts
from batch.errors import Interrupted, OutputLost, SourceError
from batch.executor import Executor
from batch.interrupt import Stop, signals_to
from batch.ledger import volume
from batch.ledger.ledger import Ledger
from batch.ledger.schema import LEDGER_NAME
from batch.loop import Loop
from batch.machine.power import PowerRule
from batch.output import job_folder, manifest, parts
from batch.output.presence import Presence, usable
from batch.output.space import Space
from batch.plan import Plan, make_plan
from batch.portion import Portion
from batch.records import SourceFile, WorkerDied, WorkerJob
from batch.source.headers import end_header_reader
from batch.source.same import some_of
from batch.source.source import Source, open_source
from batch.tasks import TASKS
from batch.telemetry.watchers import Watcher

VOLUME_LOOK_S = 1.0
SHORT_ATTEMPT_S = 60.0
SHORT_ATTEMPTS = 5
"""A volume that comes back and fails again within a minute, so often in a row, is not waited for any more."""


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
    """What a run of the command came to, for the summary. `counts` are the whole job's; the rest is this run's.
    `seconds` without the `slept_s` that the machine slept and the `paused_s` that the job waited for power or disk."""

    folder: Path
    counts: Counts
    total_rows: int
    seconds: float
    requests: int
    completion_tokens: int
    recomputed: int
    skipped: Mapping[str, int]
    slept_s: float = 0.0
    paused_s: float = 0.0
    copied: int = 0
    """Requests that took the answer of an equal one."""
    waiting_share: float | None = None
    """Of the engine's time, for want of prepared requests. None where it did nothing."""

    @property
    def error_rate(self) -> float:
        return self.counts.rows["failed"] / self.total_rows if self.total_rows else 0.0


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
    portion: Portion | None = None,
    narrowed: Callable[[Plan], Plan] = lambda plan: plan,
) -> Outcome:
    """Run a job or go on with it. Where the volume of its folder goes away or turns read-only while it runs, it waits
    and begins anew as the same command would. `narrowed` leaves some rows of the plan out (sample.py). Raises
    BatchError."""
    folder = Path(config.output.path)
    job_folder.check(folder)
    if fresh:
        job_folder.set_aside(folder)
    job = JobRun(
        config=config,
        model=model,
        executor=executor,
        watcher=watcher,
        describe_death=describe_death,
        source=open_job_source(config),
        retry_failed=retry_failed,
        retry_flagged=retry_flagged,
        accept_changed=accept_changed,
        portion=portion,
        narrowed=narrowed,
    )
    while True:
        try:
            return job.attempt()
        except OutputLost as lost:
            job.wait_for_volume(lost)


@dataclass
class JobRun:
    """One run of the command; more than one attempt only where the output volume was lost meanwhile."""

    config: JobConfig
    model: Model
    executor: Executor
    watcher: Watcher
    describe_death: Callable[[WorkerDied], str]
    source: Source
    retry_failed: bool
    retry_flagged: Collection[str]
    accept_changed: bool
    portion: Portion | None
    narrowed: Callable[[Plan], Plan]
    stop: Stop = field(default_factory=Stop)
    _began_s: float = field(default_factory=time.monotonic)
    _attempted_s: float = 0.0
    _short_attempts: int = 0
    _home: Path | None = None
    _before: Counts | None = None
    _recomputed: int = 0
    _slept_s: float = 0.0
    _paused_s: float = 0.0
    _copied: int = 0

    @property
    def folder(self) -> Path:
        return Path(self.config.output.path)

    def attempt(self) -> Outcome:
        """In this order: plan, ledger, work."""
        self._attempted_s = time.monotonic()
        # A job that cannot be planned leaves no folder behind.
        plan = None if (volume.home(self.folder) / LEDGER_NAME).exists() else self._plan(())
        with Ledger.open(self.folder) as ledger:
            plan = plan or self._plan(ledger.files())
            self._begin(ledger, plan)
            presence = Presence(self.folder, ledger.path)
            loop = self._loop(ledger, plan, presence)
            self._home = ledger.path.parent
            self._before = self._before or ledger.counts()
            try:
                with signals_to(self.stop):
                    loop.run()
            except SourceError:
                presence.look()  # source and output on one disk that was unplugged: it is waited for
                raise
            finally:
                self._recomputed += ledger.recomputed
                self._slept_s += loop.slept_s
                self._paused_s += loop.paused_s
                self._copied += loop.answers.copied
            return self._outcome(ledger, loop)

    def _plan(self, known: Sequence[SourceFile]) -> Plan:
        plan = make_plan(
            self.config,
            self.source,
            known_files=known,
            accept_changed=self.accept_changed,
            more_identity=self.model.identity,
            portion=self.portion,
        )
        end_header_reader()  # while a job runs, its workers are the runner's only children
        return self.narrowed(plan)

    def _begin(self, ledger: Ledger, plan: Plan) -> None:
        for note in (*plan.notes, *ledger.notes):
            self.watcher.told(note)
        ledger.begin(plan.identity, plan.fingerprint, plan.files, plan.shards, accept_changed=self.accept_changed)
        manifest.write_job(self.folder, dump_yaml(self.config))
        parts.recover(self.folder, ledger)
        if self._before is not None:
            return  # what is to be tried again was reopened by the first attempt
        if self.retry_failed:
            self.watcher.told(f"trying {parts.reopen_failed(self.folder, ledger, plan)} rows again")
        if self.retry_flagged:
            again = parts.reopen_flagged(self.folder, ledger, plan, self.retry_flagged)
            self.watcher.told(f"trying {again} rows flagged {', '.join(self.retry_flagged)} again")

    def _loop(self, ledger: Ledger, plan: Plan, presence: Presence) -> Loop:
        run = self.config.run
        return Loop(
            plan=plan,
            folder=self.folder,
            ledger=ledger,
            executor=self.executor,
            worker_job=_worker_job(plan, self.model),
            provenance=self.model.provenance,
            watcher=self.watcher,
            describe_death=self.describe_death,
            stop=self.stop,
            power=PowerRule(pause_on_battery=run.pause_on_battery, battery_min_percent=run.battery_min_percent),
            presence=presence,
            space=Space(self.folder, ledger, self.config.output.min_free),
        )

    def _outcome(self, ledger: Ledger, loop: Loop) -> Outcome:
        counts, before = ledger.counts(), self._before or Counts()
        return Outcome(
            folder=self.folder,
            counts=counts,
            total_rows=ledger.total_rows,
            seconds=time.monotonic() - self._began_s - self._paused_s,
            requests=counts.requests - before.requests,
            completion_tokens=max(0, counts.completion_tokens - before.completion_tokens),
            recomputed=self._recomputed,
            skipped=self.source.skipped,
            slept_s=self._slept_s,
            paused_s=self._paused_s,
            copied=self._copied,
            waiting_share=loop.waiting_share,
        )

    def wait_for_volume(self, lost: OutputLost) -> None:
        """Until the job folder can be used again. Raises `lost` where it could not be used in the first place, where
        it fails again and again, and after `output.wait_s`; Interrupted at Ctrl-C."""
        short = time.monotonic() - self._attempted_s < SHORT_ATTEMPT_S
        self._short_attempts = self._short_attempts + 1 if short else 0
        limit_s = self.config.output.wait_s
        if self._home is None or not limit_s or self._short_attempts > SHORT_ATTEMPTS:
            raise lost
        self.watcher.told(
            f"paused: {lost}. Or leave it: it looks for {limit_s:g} s (output.wait_s) and goes on by itself"
        )
        paused_s = time.monotonic()
        deadline = paused_s + limit_s
        with signals_to(self.stop):
            time.sleep(VOLUME_LOOK_S)
            while not usable(self.folder, self._home):
                if self.stop.asked:
                    raise Interrupted(f"stopped. The same command goes on where it was ({self.folder})") from lost
                if time.monotonic() > deadline:
                    raise lost
                time.sleep(VOLUME_LOOK_S)
        self._paused_s += time.monotonic() - paused_s
        self.watcher.told(f"{str(self.folder)!r} can be used again: going on")


def _worker_job(plan: Plan, model: Model) -> WorkerJob:
    slots = plan.config.engine.slots
    return WorkerJob(
        config=plan.config.model_dump_json(by_alias=True),
        model_path=model.path,
        slots=0 if slots == "auto" else slots,
        needed_schema=plan.needed_schema.serialize().to_pybytes(),
        kept_schema=plan.kept_schema.serialize().to_pybytes(),
        files=some_of(plan.files),
    )
