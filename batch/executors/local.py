"""The worker on this machine, as the executor of a job with one node."""

from typing import Any

from batch.executors.worker_process import WorkerProcess
from batch.records import HERE, Assignment, Event, WorkerJob


class LocalExecutor:
    """One node, called HERE. See batch.executor."""

    remote = False
    most_rows: int | None = None

    def __init__(self, stall_s: float) -> None:
        self._worker = WorkerProcess(stall_s)
        self._job: WorkerJob | None = None
        self._draining = False

    @property
    def nodes(self) -> tuple[str, ...]:
        return (HERE,) if self._worker.running and not self._worker.draining else ()

    @property
    def drained(self) -> bool:
        return not self._worker.running

    def start(self, job: WorkerJob) -> None:
        self._job, self._draining = job, False
        self._worker.start(job)

    def restart(self, node: str) -> None:
        if self._job is not None and not self._draining:
            self._worker.start(self._job)

    def fence(self, node: str, reason: str) -> bool:
        self._worker.close()
        return False

    def submit(self, node: str, assignment: Assignment) -> None:
        self._worker.submit(assignment)

    def acknowledge(self, node: str, count: int) -> None:
        self._worker.acknowledge(count)

    def poll(self, timeout_s: float) -> list[tuple[str, list[Event]]]:
        events = self._worker.poll(timeout_s)
        return [(HERE, events)] if events else []

    def report(self) -> list[dict[str, Any]]:
        return []

    def drain(self) -> None:
        self._draining = True
        self._worker.drain()

    def close(self) -> None:
        self._worker.close()
