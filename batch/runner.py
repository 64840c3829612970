"""A run of a job, put together: folder, source, plan, ledger, and the loop over them (loop.py)."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batch.config.job import JobConfig, dump_yaml
from batch.counts import Counts
from batch.interrupt import Stop, signals_to
from batch.ledger import volume
from batch.ledger.ledger import Ledger
from batch.ledger.schema import LEDGER_NAME
from batch.loop import Executor, Loop, Watcher
from batch.machine.power import PowerRule
from batch.output import job_folder, manifest, parts
from batch.plan import Plan, make_plan
from batch.portion import Portion
from batch.records import SourceFile, WorkerDied, WorkerJob
from batch.source.source import Source, open_source
from batch.tasks import TASKS


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
    `seconds` without the `slept_s` that the machine slept."""

    folder: Path
    counts: Counts
    total_rows: int
    seconds: float
    requests: int
    completion_tokens: int
    recomputed: int
    skipped: Mapping[str, int]
    slept_s: float = 0.0
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
) -> Outcome:
    """Run a job or go on with it, in this order: folder, source, plan, ledger, work. Raises BatchError."""
    began = time.monotonic()
    folder = Path(config.output.path)
    job_folder.check(folder)
    if fresh:
        job_folder.set_aside(folder)
    source = open_job_source(config)

    def planned(known: Sequence[SourceFile]) -> Plan:
        return make_plan(
            config,
            source,
            known_files=known,
            accept_changed=accept_changed,
            more_identity=model.identity,
            portion=portion,
        )

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
        stop = Stop()
        loop = Loop(
            plan=plan,
            folder=folder,
            ledger=ledger,
            executor=executor,
            worker_job=_worker_job(plan, model),
            provenance=model.provenance,
            watcher=watcher,
            describe_death=describe_death,
            stop=stop,
            power=PowerRule(
                pause_on_battery=config.run.pause_on_battery, battery_min_percent=config.run.battery_min_percent
            ),
        )
        with signals_to(stop):
            loop.run()
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
            slept_s=loop.slept_s,
            copied=loop.answers.copied,
            waiting_share=loop.waiting_share,
        )


def _worker_job(plan: Plan, model: Model) -> WorkerJob:
    slots = plan.config.engine.slots
    return WorkerJob(
        config=plan.config.model_dump_json(by_alias=True),
        model_path=model.path,
        slots=0 if slots == "auto" else slots,
        needed_schema=plan.needed_schema.serialize().to_pybytes(),
        kept_schema=plan.kept_schema.serialize().to_pybytes(),
    )
