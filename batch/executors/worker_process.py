"""One supervised worker on this machine: assignments out, events back, watched for silence.

Knows nothing of the ledger or of what an event means beyond "is ready".
"""

import signal
import threading
import time

from batch.child import EXIT_PARENT_GONE, Child
from batch.records import (
    Acknowledge,
    Assignment,
    Drain,
    Event,
    WorkerDied,
    WorkerEnded,
    WorkerFailed,
    WorkerJob,
    WorkerReady,
    WorkerRetired,
)

LOAD_TIMEOUT_S = 1800.0  # a 60 GB checkpoint from a slow disk; after that, silence is a stall


class WorkerProcess:
    """Keeps one worker. `poll` says when it died; `start` replaces it. `arrived` is set when there is something to
    poll, and may be set by others to cut a poll short."""

    def __init__(self, stall_s: float, arrived: threading.Event | None = None) -> None:
        self._stall_s = stall_s
        self._arrived = arrived or threading.Event()
        self._child: Child | None = None
        self._ready = False
        self._stalled = False
        self._draining = False

    def start(self, job: WorkerJob) -> None:
        """Spawn the worker and tell it its job. Its `WorkerReady` comes through `poll`."""
        self.close()
        self._ready = self._stalled = self._draining = False
        self._child = Child("worker", arrived=self._arrived)
        self._child.send(job)

    @property
    def draining(self) -> bool:
        """It has been told to take nothing new."""
        return self._draining

    @property
    def running(self) -> bool:
        """False before the first start, after a drain came to its end, after a death."""
        return self._child is not None

    def submit(self, assignment: Assignment) -> None:
        if self._child is not None:
            self._child.send(assignment)

    def acknowledge(self, count: int) -> None:
        """Tell the worker that `count` finished requests are safe."""
        if count and self._child is not None:
            self._child.send(Acknowledge(count))

    def drain(self) -> None:
        """Nothing new; the worker finishes what runs and ends (as `drained`)."""
        self._draining = True
        if self._child is not None:
            self._child.send(Drain())

    def poll(self, timeout_s: float) -> list[Event]:
        """Events in the order in which the worker sent them; a WorkerDied or WorkerEnded is always the last."""
        child = self._child
        if child is None:
            return []
        if not child.waiting() and not child.ended:
            self._arrived.wait(timeout_s)
        self._arrived.clear()
        self._kill_if_silent(child)
        ended = child.ended  # before reading: what it wrote until its end is then in the queue
        events: list[Event] = child.receive()
        for event in events:
            if isinstance(event, WorkerReady):
                self._ready = True
            elif isinstance(event, WorkerRetired):
                self._draining = True  # it drains by itself: nothing more for this one
        if ended:
            self._child = None
            if not any(isinstance(event, WorkerFailed) for event in events):
                events.append(self._end(child))
        return events

    def close(self) -> None:
        """End the worker now; what it was doing is dropped."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _kill_if_silent(self, child: Child) -> None:
        """The worker's loop speaks once a second by itself; silence means that a step hangs."""
        limit_s = self._stall_s if self._ready else max(self._stall_s, LOAD_TIMEOUT_S)
        if not child.waiting() and not child.ended and time.monotonic() - child.last_heard > limit_s:
            self._stalled = True
            child.kill()

    def _end(self, child: Child) -> WorkerEnded | WorkerDied:
        code = child.return_code or 0
        if self._draining and code == 0:
            return WorkerEnded()
        return WorkerDied(
            signal=max(0, -code),
            exit_code=max(0, code),
            ours=self._stalled,
            stderr_tail=child.stderr_tail,
        )


def describe_death(died: WorkerDied) -> str:
    """How a worker ended, for a person."""
    if died.ours:
        return "no engine step for longer than engine.stall_s, so it was ended"
    if died.signal:
        return f"killed by {signal.Signals(died.signal).name}"
    if died.exit_code == EXIT_PARENT_GONE:
        return "it lost the runner"
    return f"exit code {died.exit_code}"
