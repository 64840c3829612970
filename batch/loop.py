"""The job's loop: assign, hear, record, commit, until nothing is left; and what it does about deaths and pauses."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batch import errors, killpoint
from batch.errors import BatchError, Interrupted, OutputError, TooManyErrors, WorkerError
from batch.executor import Executor
from batch.interrupt import Stop
from batch.ledger.ledger import Ledger
from batch.machine.power import PowerRule
from batch.machine.sleep import SleepWatch, StayAwake
from batch.output import parts
from batch.output.presence import Presence
from batch.output.reuse import Answers
from batch.output.space import Space
from batch.plan import Plan
from batch.records import (
    HERE,
    Event,
    NodeLeft,
    NodeTold,
    RequestFinished,
    RequestRepeated,
    RowFailed,
    RowKey,
    Telemetry,
    WorkerDied,
    WorkerEnded,
    WorkerFailed,
    WorkerJob,
    WorkerReady,
    WorkerRetired,
)
from batch.schedule import Schedule, Verdict
from batch.telemetry.watchers import Watcher

POLL_S = 0.2
MOVED_S = 0.2
REBOOTS_ALONE = 2
CHECKPOINT_S = 30.0
DRAIN_S = 60.0
REPORT_S = 5.0


@dataclass
class Loop:
    """The parts of one run of a job, put together by runner.py. While it runs, `slept_s` grows by what the machine
    slept, `paused_s` by what the job waited for power."""

    plan: Plan
    folder: Path
    ledger: Ledger
    executor: Executor
    worker_job: WorkerJob
    provenance: Mapping[str, Any]
    watcher: Watcher
    describe_death: Callable[[WorkerDied], str]
    stop: Stop
    power: PowerRule
    presence: Presence
    space: Space
    sleep: SleepWatch = field(default_factory=SleepWatch)
    slept_s: float = 0.0
    paused_s: float = 0.0
    _waiting_s: float = 0.0
    _working_s: float = 0.0
    _moved: float = 0.0

    def __post_init__(self) -> None:
        config = self.plan.config
        self.answers = Answers(self.folder, self.ledger, config.task, apart=config.media.channel == "both")

    @property
    def waiting_share(self) -> float | None:
        """How much of its time the engine waited for prepared requests."""
        spent_s = self._waiting_s + self._working_s
        return self._waiting_s / spent_s if spent_s else None

    def run(self) -> None:
        """Until every shard is committed. Raises Interrupted, TooManyErrors, WorkerError, OutputError;
        the same job resumes after any of them."""
        suspects = self._reboot_suspects()
        self.schedule = Schedule(
            self.ledger,
            suspects,
            careful=self.ledger.runs.rebooted and not self.executor.remote,
            most_rows=lambda: self.executor.most_rows,
        )
        self.watcher.begun(self.ledger.total_rows, self.ledger.counts())
        self._commit()
        awake = StayAwake()
        try:
            self._loop(awake)
        finally:
            self._report_nodes(over=True)
            self.executor.close()
            awake.release()
        self._commit()
        parts.finish(self.folder, self.ledger, self.plan)
        self.watcher.moved(self.ledger.counts())

    def _loop(self, awake: StayAwake) -> None:
        checkpointed = reported = time.monotonic()
        while self.ledger.open_shards():
            self._check_errors()
            self._check_stop()
            self._tell_sleep()
            self._check_output()
            if (reason := self.power.reason()) is not None:
                self._pause(reason, awake)
                continue
            if self.executor.drained:  # not started yet, or its worker died or was drained
                awake.hold()
                self._start_worker()
            self._assign()
            said = self.executor.poll(POLL_S)
            self._record(said)
            self._commit()
            for node, events in said:
                self._answer(node, events)
            if time.monotonic() - checkpointed > CHECKPOINT_S:
                self.ledger.checkpoint()
                checkpointed = time.monotonic()
            if time.monotonic() - reported > REPORT_S:
                self._report_nodes()
                reported = time.monotonic()

    def _report_nodes(self, *, over: bool = False) -> None:
        """`over`: nothing of this job runs anywhere any more."""
        if self.executor.remote:
            nodes = self.executor.report()
            idle = [{**node, "state": "idle"} if node["state"] not in ("busy", "fenced") else node for node in nodes]
            self.ledger.remember("nodes", idle if over else nodes)

    def _assign(self) -> None:
        """Each node in turn, so that a short job is spread over all."""
        asking = list(self.executor.nodes)
        while asking:
            given = [(node, self.schedule.next(node)) for node in asking]
            for node, assignment in given:
                if assignment is not None:
                    self.executor.submit(node, self.answers.told_with(node, assignment))
            asking = [node for node, assignment in given if assignment is not None]

    def _record(self, said: Sequence[tuple[str, Sequence[Event]]]) -> None:
        """One transaction per turn; only then do the workers hear that their results are safe. They do not where so
        many failed that the job ends: a worker without answer begins nothing more than it has begun."""
        if not said:
            return
        enough = self._too_many_failed()  # it ends: who fails only now is tried by the next run
        self.ledger.record(
            event for _, events in said for event in events if not (enough and isinstance(event, RowFailed))
        )
        repeated = [event for _, events in said for event in events if isinstance(event, RequestRepeated)]
        if repeated:
            self.ledger.record(self.answers.copies(repeated))
        enough = self._too_many_failed()
        for node, events in said:
            self.answers.heard(events)
            finished = sum(isinstance(event, RequestFinished) for event in events)
            if finished and not enough:
                self.executor.acknowledge(node, finished)
            self.schedule.observe(node, events)
        now = time.monotonic()
        if now - self._moved > MOVED_S:
            self._moved = now
            self.watcher.moved(self.ledger.counts())

    def _commit(self) -> None:
        for index in self.ledger.complete_shards():
            self.presence.look()
            parts.commit_part(self.folder, self.ledger, self.plan, index)

    def _answer(self, node: str, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case WorkerReady(slots, info):
                    self.schedule.worker_ready(node, slots)
                    self.ledger.remember("worker", {**info, **self.provenance})
                    self.watcher.ready(info, slots)
                case Telemetry():
                    self.watcher.busy(event)
                    self._waiting_s += event.waiting_s
                    self._working_s += event.working_s
                case WorkerRetired(reason):
                    self.schedule.retired(node)
                    self.watcher.told(
                        f"{_where(node)}the worker is replaced by a fresh one once what runs is finished: {reason}"
                    )
                case WorkerEnded():
                    self._restart(node)
                case WorkerFailed(error, message):
                    self.schedule.left(node)
                    self._fence(node, _expected(error)(message))
                case WorkerDied():
                    self._bury(node, event)
                case NodeTold(message):
                    self.watcher.told(f"{node} {message}")
                case NodeLeft(reason):
                    self._lost(node, reason)
                case _:
                    pass

    # ------------------------------------------------------------ deaths
    def _bury(self, node: str, death: WorkerDied) -> None:
        """Everything the worker said has been recorded; its unfinished requests are suspects now."""
        how, tail = self.describe_death(death), death.stderr_tail.strip()
        verdict = self._died(node, death)
        if verdict.fence is not None:
            self._fence(node, WorkerError(f"{verdict.fence}: {how}" + (f"\n{tail}" if tail else "")))
            return
        slots = self.schedule.slots(node)
        self.watcher.told(f"{_where(node)}worker died ({how}); a new one goes on with {slots} slots")
        self._restart(node)

    def _restart(self, node: str) -> None:
        """A new worker, which has nothing and knows nothing."""
        self.schedule.worker_started(node)
        self.answers.unheard.pop(node, None)
        self.executor.restart(node)

    def _died(self, node: str, death: WorkerDied) -> Verdict:
        verdict = self.schedule.died(node, death)
        how, tail = self.describe_death(death), death.stderr_tail.strip()
        self._condemn(verdict, f"the worker died on this request alone: {how}\n{tail}".strip())
        killpoint.reached("worker.buried")
        return verdict

    def _lost(self, node: str, reason: str) -> None:
        verdict = self.schedule.left(node)
        self.answers.unheard.pop(node, None)
        self._condemn(verdict, f"{node} was lost while this request ran there alone: {reason}")
        self.watcher.told(f"{node} left: {reason}")

    def _condemn(self, verdict: Verdict, message: str) -> None:
        for key in verdict.condemned:
            self.ledger.condemn(key, message)
        self._commit()

    def _fence(self, node: str, error: BatchError) -> None:
        """The job goes on without this node, or ends where there is no other."""
        if not self.executor.fence(node, str(error)):
            raise type(error)(f"{_where(node)}{error}")
        self.watcher.told(f"{node} is not used any more: {error}")

    def _start_worker(self) -> None:
        self.schedule.workers_ended()
        self.answers.unheard.clear()
        self.executor.start(self.worker_job)
        killpoint.reached("worker.spawned")

    def _reboot_suspects(self) -> list[RowKey]:
        """After an unclean restart of the machine: what was running goes first and alone. A request that
        was running alone when it happened twice is given up."""
        if not self.ledger.runs.rebooted or self.executor.remote:
            return []
        keys = self.ledger.ran_last()
        if len(keys) == 1:
            self.ledger.strike(keys, "reboot")
            if self.ledger.strikes()[keys[0]]["reboot"] >= REBOOTS_ALONE:
                self.ledger.condemn(keys[0], "the machine restarted twice while this request ran alone")
        self.watcher.told(
            f"the machine restarted during the last run: {len(keys)} requests were running and go first, one at a "
            "time; then it goes on with half the slots, and slowly with more"
        )
        return [RowKey(key.shard, key.row) for key in self.ledger.suspects()]

    # ------------------------------------------------------------ stops and pauses
    def _too_many_failed(self) -> bool:
        limit = self.plan.config.run.max_errors
        return limit is not None and self.ledger.counts().rows["failed"] >= limit

    def _check_errors(self) -> None:
        if not self._too_many_failed():
            return
        self._drain()
        limit, counts = self.plan.config.run.max_errors, self.ledger.counts()
        kinds = ", ".join(f"{kind} {count}" for kind, count in counts.errors.most_common())
        raise TooManyErrors(
            f"{counts.rows['failed']} rows failed and run.max_errors is {limit}: {kinds}. "
            f"Raise run.max_errors to go on where it stopped ({self.folder})"
        )

    def _check_output(self) -> None:
        """Whether the folder is there and has room; what runs is still recorded before it ends for want of that."""
        self.presence.check()
        try:
            warning = self.space.check()
        except OutputError:
            self._drain()
            raise
        if warning is not None:
            self.watcher.told(warning)

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
            said = self.executor.poll(POLL_S)
            self._record(said)
            for node, events in said:
                for event in events:
                    if isinstance(event, WorkerDied):
                        self._died(node, event)
                    elif isinstance(event, NodeLeft):
                        self._lost(node, event.reason)
        self._commit()
        self.ledger.checkpoint()

    def _pause(self, reason: str, awake: StayAwake) -> None:
        """Until the power rule has no reason any more, without a worker: its memory is free, the machine may sleep."""
        self.watcher.told(f"paused: {reason}; running requests finish first, and it goes on by itself")
        self._drain()
        self.executor.close()
        awake.release()
        began_s = time.monotonic()
        while self.power.reason() is not None and not self.stop.asked:
            time.sleep(POLL_S)
            self._tell_sleep()
        self.paused_s += time.monotonic() - began_s
        self._check_stop()
        self.watcher.told("going on")

    def _tell_sleep(self) -> None:
        if slept_s := self.sleep.slept_s():
            self.slept_s += slept_s
            self.watcher.told(f"the machine slept for {slept_s / 60:.1f} minutes; they count in no rate and no ETA")


def _where(node: str) -> str:
    return "" if node == HERE else f"{node}: "


def _expected(name: str) -> type[BatchError]:
    """The expected error a worker named."""
    kind = getattr(errors, name, BatchError)
    return kind if isinstance(kind, type) and issubclass(kind, BatchError) else BatchError
