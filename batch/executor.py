"""What the job's loop asks of an executor, whichever it is; those there are stand in executors/."""

from collections.abc import Sequence
from typing import Any, Protocol

from batch.records import Assignment, Event, WorkerJob


class Executor(Protocol):
    """Where assignments run: a worker on each of its nodes, which are named."""

    remote: bool
    """Requests run on other machines: what happened to this one says nothing about them."""

    @property
    def most_rows(self) -> int | None:
        """That an assignment may have now; None: any number."""

    @property
    def nodes(self) -> Sequence[str]:
        """Those that take assignments now."""

    @property
    def drained(self) -> bool:
        """No worker anywhere: before the first start, after a drain came to its end."""

    def start(self, job: WorkerJob) -> None:
        """A worker on every node, also on those that join later. Each says `WorkerReady`."""

    def restart(self, node: str) -> None:
        """A new worker in place of one that died or ended; none while it drains."""

    def fence(self, node: str, reason: str) -> bool:
        """Do without this node from now on. False where none is left."""

    def submit(self, node: str, assignment: Assignment) -> None: ...

    def acknowledge(self, node: str, count: int) -> None:
        """Tell its worker that `count` finished requests are safe."""

    def poll(self, timeout_s: float) -> Sequence[tuple[str, Sequence[Event]]]:
        """What nodes said, in order; a worker's WorkerDied or WorkerEnded, and a node's NodeLeft, come last."""

    def report(self) -> list[dict[str, Any]]:
        """The nodes of several, for `status`: name, state, reason, slots, requests, requests_per_s, deaths."""

    def drain(self) -> None:
        """Nothing new; every worker finishes what runs and ends."""

    def close(self) -> None:
        """End the workers now; what they were doing is dropped."""
